using System.Buffers;
using Rekey.Rotators.Sql;

namespace Rekey.Rotators.SqlServer;

/// <summary>
/// Reads an account's rights from the catalogue views. Names come back as values, and are quoted when a statement is made.
/// </summary>
internal sealed class SqlServerCatalogue(SqlSession session)
{
    private const string Databases =
        "SELECT name FROM sys.databases WHERE state = 0 AND database_id <> 2 AND HAS_DBACCESS(name) = 1 ORDER BY name";

    /// <summary>Names have different collations in different views, which may not meet in one column as they are.</summary>
    private const string DatabasePermissions =
        """
        SELECT p.class, p.permission_name, p.state, CASE WHEN p.grantor_principal_id = 1 THEN NULL ELSE g.name END,
        CASE p.class WHEN 1 THEN SCHEMA_NAME(o.schema_id) WHEN 6 THEN SCHEMA_NAME(t.schema_id) WHEN 10 THEN SCHEMA_NAME(x.schema_id) END,
        CASE p.class WHEN 1 THEN o.name COLLATE Latin1_General_BIN2 WHEN 3 THEN s.name COLLATE Latin1_General_BIN2
        WHEN 4 THEN d.name COLLATE Latin1_General_BIN2 WHEN 5 THEN a.name COLLATE Latin1_General_BIN2
        WHEN 6 THEN t.name COLLATE Latin1_General_BIN2 WHEN 10 THEN x.name COLLATE Latin1_General_BIN2
        WHEN 15 THEN mt.name COLLATE Latin1_General_BIN2 WHEN 16 THEN sc.name COLLATE Latin1_General_BIN2
        WHEN 17 THEN sv.name COLLATE Latin1_General_BIN2 WHEN 18 THEN rb.name COLLATE Latin1_General_BIN2
        WHEN 19 THEN r.name COLLATE Latin1_General_BIN2 WHEN 23 THEN fc.name COLLATE Latin1_General_BIN2
        WHEN 24 THEN sk.name COLLATE Latin1_General_BIN2 WHEN 25 THEN c.name COLLATE Latin1_General_BIN2
        WHEN 26 THEN ak.name COLLATE Latin1_General_BIN2 WHEN 29 THEN fs.name COLLATE Latin1_General_BIN2
        WHEN 31 THEN pl.name COLLATE Latin1_General_BIN2 END,
        CASE WHEN p.class = 1 AND p.minor_id > 0 THEN COL_NAME(p.major_id, p.minor_id) END, CASE p.class WHEN 4 THEN d.type END
        FROM sys.database_permissions AS p JOIN sys.database_principals AS u ON u.principal_id = p.grantee_principal_id
        JOIN sys.database_principals AS g ON g.principal_id = p.grantor_principal_id
        LEFT JOIN sys.all_objects AS o ON p.class = 1 AND o.object_id = p.major_id
        LEFT JOIN sys.schemas AS s ON p.class = 3 AND s.schema_id = p.major_id
        LEFT JOIN sys.database_principals AS d ON p.class = 4 AND d.principal_id = p.major_id
        LEFT JOIN sys.assemblies AS a ON p.class = 5 AND a.assembly_id = p.major_id
        LEFT JOIN sys.types AS t ON p.class = 6 AND t.user_type_id = p.major_id
        LEFT JOIN sys.xml_schema_collections AS x ON p.class = 10 AND x.xml_collection_id = p.major_id
        LEFT JOIN sys.service_message_types AS mt ON p.class = 15 AND mt.message_type_id = p.major_id
        LEFT JOIN sys.service_contracts AS sc ON p.class = 16 AND sc.service_contract_id = p.major_id
        LEFT JOIN sys.services AS sv ON p.class = 17 AND sv.service_id = p.major_id
        LEFT JOIN sys.remote_service_bindings AS rb ON p.class = 18 AND rb.remote_service_binding_id = p.major_id
        LEFT JOIN sys.routes AS r ON p.class = 19 AND r.route_id = p.major_id
        LEFT JOIN sys.fulltext_catalogs AS fc ON p.class = 23 AND fc.fulltext_catalog_id = p.major_id
        LEFT JOIN sys.symmetric_keys AS sk ON p.class = 24 AND sk.symmetric_key_id = p.major_id
        LEFT JOIN sys.certificates AS c ON p.class = 25 AND c.certificate_id = p.major_id
        LEFT JOIN sys.asymmetric_keys AS ak ON p.class = 26 AND ak.asymmetric_key_id = p.major_id
        LEFT JOIN sys.fulltext_stoplists AS fs ON p.class = 29 AND fs.stoplist_id = p.major_id
        LEFT JOIN sys.registered_search_property_lists AS pl ON p.class = 31 AND pl.property_list_id = p.major_id
        WHERE u.name =
        """;

    private const string ServerPermissions =
        """
        SELECT p.class, p.permission_name, p.state, CASE WHEN g.sid = 0x01 THEN NULL ELSE g.name END, NULL,
        CASE p.class WHEN 101 THEN t.name WHEN 105 THEN e.name END, NULL, CASE p.class WHEN 101 THEN t.type END
        FROM sys.server_permissions AS p JOIN sys.server_principals AS u ON u.principal_id = p.grantee_principal_id
        JOIN sys.server_principals AS g ON g.principal_id = p.grantor_principal_id
        LEFT JOIN sys.server_principals AS t ON p.class = 101 AND t.principal_id = p.major_id
        LEFT JOIN sys.endpoints AS e ON p.class = 105 AND e.endpoint_id = p.major_id WHERE u.name =
        """;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789ABCDEF");

    /// <summary>The login of that name; null when there is none. One that keeps no password on the server is refused.</summary>
    public async Task<SqlServerLoginRow?> FindLoginAsync(string username, CancellationToken cancellationToken)
    {
        var row = await session.QueryRowAsync(
            "SELECT p.type, CONVERT(varchar(172), p.sid, 1), p.default_database_name, p.default_language_name, l.is_policy_checked, "
                + "l.is_expiration_checked FROM sys.server_principals AS p LEFT JOIN sys.sql_logins AS l "
                + $"ON l.principal_id = p.principal_id WHERE p.name = {SqlServerText.Literal(username)}",
            cancellationToken);
        if (row is null) return null;
        if (row[0]?.Trim() != "S" || row[1] is not { Length: > 2 } sid || sid[2..].AsSpan().ContainsAnyExcept(HexDigits))
            throw Refused($"{username} is no login with a password on this server");
        return new SqlServerLoginRow(sid, row[2] ?? "master", row[3], row[4] is "1" or "True", row[5] is "1" or "True");
    }

    /// <summary>Whether the current database itself keeps a password for a user of that name.</summary>
    public async Task<bool> IsContainedAsync(string username, CancellationToken cancellationToken) =>
        await session.QueryRowAsync(
            $"SELECT 1 FROM sys.database_principals WHERE authentication_type = 2 AND name = {SqlServerText.Literal(username)}",
            cancellationToken) is not null;

    /// <summary>Everything a login has: settings, server roles and permissions, and its users in all databases that are online.</summary>
    public async Task<List<Right>> ReadLoginAsync(string username, SqlServerLoginRow login, CancellationToken cancellationToken)
    {
        var name = SqlServerText.Literal(username);
        List<Right> rights = [.. login.Settings];
        await AddRolesAsync(
            rights, null, null,
            "SELECT r.name FROM sys.server_role_members AS m JOIN sys.server_principals AS r ON r.principal_id = m.role_principal_id "
                + $"JOIN sys.server_principals AS p ON p.principal_id = m.member_principal_id WHERE p.name = {name}",
            cancellationToken);
        foreach (var row in await session.QueryAsync(
            "SELECT c.name FROM sys.server_principal_credentials AS pc JOIN sys.credentials AS c ON c.credential_id = pc.credential_id "
                + $"JOIN sys.server_principals AS p ON p.principal_id = pc.principal_id WHERE p.name = {name}",
            cancellationToken))
            rights.Add(new LoginCredential(row[0]!) { Database = null });
        foreach (var row in await session.QueryAsync(ServerPermissions + name, cancellationToken))
            AddPermission(rights, SqlServerSecurable.Permission(row, null, null));
        foreach (var database in await session.QueryAsync(Databases, cancellationToken))
            await AddDatabaseAsync(rights, database[0]!, login.Sid, cancellationToken);
        return rights;
    }

    /// <summary>Everything a user has in the current database, which keeps its password.</summary>
    public async Task<List<Right>> ReadContainedAsync(string username, string database, CancellationToken cancellationToken)
    {
        List<Right> rights = [];
        var row = await session.QueryRowAsync(
            "SELECT default_schema_name, default_language_name FROM sys.database_principals WHERE authentication_type = 2 AND name = "
                + SqlServerText.Literal(username),
            cancellationToken);
        if (row?[0] is { } schema) rights.Add(new DefaultSchema(schema) { Database = database, User = username });
        if (row?[1] is { } language) rights.Add(new ContainedLanguage(language) { Database = database, User = username });
        await AddUserAsync(rights, database, username, cancellationToken);
        // Leave to connect is what a user gets last of all, and no right to compare.
        rights.RemoveAll(right => right is SqlServerPermission { Permission: "CONNECT", On: "" });
        return rights;
    }

    private async Task AddDatabaseAsync(List<Right> rights, string database, string sid, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync($"USE {SqlServerText.Name(database)}", cancellationToken);
        var row = await session.QueryRowAsync(
            $"SELECT name, default_schema_name FROM sys.database_principals WHERE sid = {sid}", cancellationToken);
        if (row?[0] is not { } user) return;
        if (user == "dbo")
        {
            throw Refused($"The login owns the database {database}, which cannot be shared with a clone: give it another owner "
                + "(ALTER AUTHORIZATION) and the login a user in it");
        }
        rights.Add(new DatabaseUser { Database = database, User = user });
        if (row[1] is { } schema) rights.Add(new DefaultSchema(schema) { Database = database, User = user });
        await AddUserAsync(rights, database, user, cancellationToken);
    }

    private async Task AddUserAsync(List<Right> rights, string database, string user, CancellationToken cancellationToken)
    {
        var name = SqlServerText.Literal(user);
        await AddRolesAsync(
            rights, database, user,
            "SELECT r.name FROM sys.database_role_members AS m JOIN sys.database_principals AS r ON r.principal_id = m.role_principal_id "
                + $"JOIN sys.database_principals AS u ON u.principal_id = m.member_principal_id WHERE u.name = {name}",
            cancellationToken);
        foreach (var row in await session.QueryAsync(DatabasePermissions + name, cancellationToken))
            AddPermission(rights, SqlServerSecurable.Permission(row, database, user));
        // An owner may do with a schema what CONTROL allows: a clone cannot own it too.
        foreach (var row in await session.QueryAsync(
            "SELECT s.name FROM sys.schemas AS s JOIN sys.database_principals AS u ON u.principal_id = s.principal_id "
                + $"WHERE u.name = {name}",
            cancellationToken))
        {
            rights.Add(new SqlServerPermission(
                PermissionState.Granted, "CONTROL", $"SCHEMA::{SqlServerText.Name(row[0]!)}", null)
            { Database = database, User = user });
        }
    }

    /// <summary>A row with the grant option stands for the permission too.</summary>
    private static void AddPermission(List<Right> rights, SqlServerPermission permission)
    {
        rights.Add(permission);
        if (permission.Includes is { } plain) rights.Add(plain);
    }

    private async Task AddRolesAsync(
        List<Right> rights, string? database, string? user, string query, CancellationToken cancellationToken)
    {
        foreach (var row in await session.QueryAsync(query, cancellationToken))
            rights.Add(new RoleMembership(row[0]!) { Database = database, User = user });
    }

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
