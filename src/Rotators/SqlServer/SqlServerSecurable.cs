using System.Buffers;

namespace Rekey.Rotators.SqlServer;

/// <summary>What permissions are on: the classes of sys.database_permissions and sys.server_permissions.</summary>
internal static class SqlServerSecurable
{
    private static readonly SearchValues<char> PermissionCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ ");

    /// <summary>
    /// One row: class, permission, state, grantor, schema, name, column, type of the principal it is on. Throws for a class that is not
    /// known here: a clone that lacks it would not be equal.
    /// </summary>
    public static SqlServerPermission Permission(IReadOnlyList<string?> row, string? database, string? user)
    {
        var state = row[2]?.Trim() switch
        {
            "G" => PermissionState.Granted,
            "W" => PermissionState.GrantOption,
            "D" => PermissionState.Denied,
            "R" => PermissionState.Revoked,
            _ => throw Unknown(row, database),
        };
        if (row[1] is not { Length: > 0 } permission || permission.AsSpan().ContainsAnyExcept(PermissionCharacters))
            throw Unknown(row, database);
        return new SqlServerPermission(state, permission, On(row, database), row[6])
        {
            Database = database,
            User = user,
            Grantor = row[3],
        };
    }

    private static string On(IReadOnlyList<string?> row, string? database)
    {
        if (row[0] is "0" or "100") return "";
        var kind = row[0] switch
        {
            "1" => "OBJECT",
            "3" => "SCHEMA",
            "4" => row[7]?.Trim() switch { "R" => "ROLE", "A" => "APPLICATION ROLE", _ => "USER" },
            "5" => "ASSEMBLY",
            "6" => "TYPE",
            "10" => "XML SCHEMA COLLECTION",
            "15" => "MESSAGE TYPE",
            "16" => "CONTRACT",
            "17" => "SERVICE",
            "18" => "REMOTE SERVICE BINDING",
            "19" => "ROUTE",
            "23" => "FULLTEXT CATALOG",
            "24" => "SYMMETRIC KEY",
            "25" => "CERTIFICATE",
            "26" => "ASYMMETRIC KEY",
            "29" => "FULLTEXT STOPLIST",
            "31" => "SEARCH PROPERTY LIST",
            "101" => row[7]?.Trim() == "R" ? "SERVER ROLE" : "LOGIN",
            "105" => "ENDPOINT",
            _ => throw Unknown(row, database),
        };
        if (row[5] is not { } name) throw Unknown(row, database);
        return row[4] is { } schema
            ? $"{kind}::{SqlServerText.Name(schema)}.{SqlServerText.Name(name)}"
            : $"{kind}::{SqlServerText.Name(name)}";
    }

    private static RotatorException Unknown(IReadOnlyList<string?> row, string? database) => new(
        FailureCause.Precondition,
        $"An account has a permission of a class that cannot be copied (class {row[0]}{(database is null ? "" : $" in {database}")})");
}
