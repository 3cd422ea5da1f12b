using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Db2;

/// <summary>A privilege or authority of a user.</summary>
/// <param name="On">What it is on, quoted, with its preposition: <c>ON TABLE "S"."T"</c>, <c>OF TABLESPACE "T"</c>.</param>
/// <param name="Column">The only column it is for; null for all.</param>
/// <param name="HasOption">With grant option.</param>
internal sealed record Db2Privilege(string Privilege, string On, string? Column, bool HasOption) : Right
{
    public override string Text =>
        $"{Privilege} {On}{(Column is null ? "" : $" column {Column}")}{(HasOption ? " with grant option" : "")}";

    /// <summary>CONTROL brings others along, so that it is given first.</summary>
    public override int Rank => Privilege == "CONTROL" ? 1 : 2;

    public override Right? Includes => HasOption ? this with { HasOption = false } : null;

    /// <summary>Neither an option nor a column can be revoked alone.</summary>
    public override string Bundle => $"{Privilege} {On}";

    public override IReadOnlyList<string> Give(string username) =>
    [
        $"GRANT {Privilege}{(Column is null ? "" : $" ({Db2Text.Name(Column)})")} {On} TO USER {Db2Text.Name(username)}"
            + (HasOption ? " WITH GRANT OPTION" : ""),
    ];

    public override IReadOnlyList<string> Take(string username) =>
        [$"REVOKE {Privilege} {On} FROM USER {Db2Text.Name(username)}{(IsOfRoutine ? " RESTRICT" : "")}"];

    /// <summary>The word without which the server does not take an execution right back.</summary>
    private bool IsOfRoutine => On.StartsWith("ON SPECIFIC ", StringComparison.Ordinal)
        || On.StartsWith("ON FUNCTION ", StringComparison.Ordinal) || On.StartsWith("ON PROCEDURE ", StringComparison.Ordinal);
}

/// <summary>A role, or the option to administer it.</summary>
internal sealed record Db2Role(string Role, bool IsAdmin) : Right
{
    public override string Text => $"role {Role}{(IsAdmin ? " with admin option" : "")}";
    public override Right? Includes => IsAdmin ? this with { IsAdmin = false } : null;

    public override IReadOnlyList<string> Give(string username) =>
        [$"GRANT ROLE {Db2Text.Name(Role)} TO USER {Db2Text.Name(username)}{(IsAdmin ? " WITH ADMIN OPTION" : "")}"];

    public override IReadOnlyList<string> Take(string username) =>
        [$"REVOKE {(IsAdmin ? "ADMIN OPTION FOR " : "")}ROLE {Db2Text.Name(Role)} FROM USER {Db2Text.Name(username)}"];
}

/// <summary>A group that RDS keeps for the user, whose rights are the user's too.</summary>
internal sealed record Db2Group(string Group) : Right
{
    public override string Text => $"group {Group}";

    public override IReadOnlyList<string> Give(string username) => [Db2Rds.GroupStatement("add_groups", username, Group)];

    public override IReadOnlyList<string> Take(string username) => [Db2Rds.GroupStatement("remove_groups", username, Group)];
}
