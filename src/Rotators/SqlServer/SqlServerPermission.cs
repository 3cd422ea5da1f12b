using Rekey.Rotators.Sql;

namespace Rekey.Rotators.SqlServer;

/// <summary>What a catalogue row says of a permission; the last: taken back from one column of a granted table.</summary>
internal enum PermissionState
{
    Granted,
    GrantOption,
    Denied,
    Revoked,
}

/// <summary>A permission on something that can be secured.</summary>
/// <param name="Permission">The server's own word, of capital letters and blanks: SELECT, VIEW DEFINITION.</param>
/// <param name="On">The securable, quoted: <c>OBJECT::[dbo].[orders]</c>; empty for the server or the database itself.</param>
/// <param name="Column">The only column it is for, as in the catalogue; null for all.</param>
internal sealed record SqlServerPermission(PermissionState State, string Permission, string On, string? Column) : SqlServerRight
{
    /// <summary>Who granted it; null for the owner, whom the server takes for the grantor of what an administrator grants.</summary>
    public string? Grantor { get; init; }

    public bool Equals(SqlServerPermission? other) => base.Equals(other)
        && (State, Permission, On, Column) == (other.State, other.Permission, other.On, other.Column);

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), State, Permission, On, Column);

    public override string Text => State switch
    {
        PermissionState.Denied => $"denial of {What}",
        PermissionState.GrantOption => $"{What} with grant option",
        PermissionState.Revoked => $"exception from {What}",
        _ => What,
    };

    /// <summary>What is said of a whole table comes first: the server may drop what was said of its columns.</summary>
    public override int Rank => (Column is null ? 3 : 5) + (State is PermissionState.Granted or PermissionState.GrantOption ? 0 : 1);

    public override Right? Includes => State == PermissionState.GrantOption ? this with { State = PermissionState.Granted } : null;

    public override IReadOnlyList<string> Give(string username) =>
    [
        State switch
        {
            PermissionState.Denied => In($"DENY {Target} TO {Account(username)}"),
            PermissionState.GrantOption => In($"GRANT {Target} TO {Account(username)} WITH GRANT OPTION"),
            PermissionState.Revoked => In($"REVOKE {Target} FROM {Account(username)}"),
            _ => In($"GRANT {Target} TO {Account(username)}"),
        },
    ];

    public override IReadOnlyList<string> Take(string username) =>
    [
        State switch
        {
            // The exception ends when the whole table is granted anew.
            PermissionState.Revoked => In($"GRANT {(this with { Column = null }).Target} TO {Account(username)}"),
            PermissionState.GrantOption => In($"REVOKE GRANT OPTION FOR {Target} FROM {Account(username)} CASCADE{As}"),
            _ => In($"REVOKE {Target} FROM {Account(username)} CASCADE{As}"),
        },
    ];

    private string Target => Permission + (On.Length == 0 ? "" : $" ON {On}") + (Column is null ? "" : $" ({SqlServerText.Name(Column)})");

    private string As => Grantor is null ? "" : $" AS {SqlServerText.Name(Grantor)}";

    private string What => $"{Permission}{(On.Length == 0 ? "" : $" on {On}")}{(Column is null ? "" : $" column {Column}")}{Place}";
}
