namespace Rekey.Rotators.MySql;

/// <summary>Adds to accounts what the catalogue's other tables say of them.</summary>
internal sealed class RightsReader(MySqlSession session)
{
    private const string PrivilegeSuffix = "_priv";

    private List<string>? _databaseColumns;

    private MySqlServer Server => session.Server;

    private bool HasDynamicPrivileges => !Server.IsMariaDb && Server.HasRoles;

    public async Task ReadAsync(IReadOnlyList<AccountRecord> accounts, CancellationToken cancellationToken)
    {
        if (accounts.Count == 0) return;
        var users = MySqlText.Literals(accounts.Select(account => account.User).Distinct(StringComparer.Ordinal));
        await ReadGlobalAsync(accounts, users, cancellationToken);
        await ReadDatabasesAsync(accounts, users, cancellationToken);
        await ReadTablesAsync(accounts, users, cancellationToken);
        await ReadRoutinesAsync(accounts, users, cancellationToken);
        await ReadProxiesAsync(accounts, users, cancellationToken);
        if (Server.HasRoles) await ReadRolesAsync(accounts, users, cancellationToken);
    }

    /// <summary>
    /// The one place that knows all global privileges of every version by name; it writes accounts unescaped. Grant options are read
    /// elsewhere.
    /// </summary>
    private async Task ReadGlobalAsync(IReadOnlyList<AccountRecord> accounts, string users, CancellationToken cancellationToken)
    {
        var grantees = accounts.ToDictionary(account => $"'{account.User}'@'{account.Host}'", StringComparer.Ordinal);
        var text = "SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE IN "
            + $"({MySqlText.Literals(grantees.Keys)})";
        foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
        {
            if (!grantees.TryGetValue(row[0]!, out var account)) continue;
            var privilege = row[1]!;
            // Dynamic privileges, which have names like identifiers, have a table of their own.
            if (privilege.Contains('_', StringComparison.Ordinal) && HasDynamicPrivileges) continue;
            if (privilege != "USAGE") account.Rights.Grant(RightsObject.Global, privilege);
        }
        if (!HasDynamicPrivileges) return;
        text = $"SELECT USER, HOST, PRIV, WITH_GRANT_OPTION FROM mysql.global_grants WHERE USER IN ({users})";
        foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
        {
            if (Find(accounts, row) is not { } account) continue;
            var on = new RightsObject(RightsLevel.Dynamic, Name: row[2]!.ToUpperInvariant());
            account.Rights.Grant(on, on.Name!);
            if (row[3] == "Y") account.Rights.Grant(on, Privilege.GrantOption);
        }
    }

    private async Task ReadDatabasesAsync(IReadOnlyList<AccountRecord> accounts, string users, CancellationToken cancellationToken)
    {
        _databaseColumns ??= [.. (await session.QueryRowsAsync(
            "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'db'", cancellationToken))
            .Select(row => row[0]!).Where(name => name.EndsWith(PrivilegeSuffix, StringComparison.Ordinal))];
        var text = $"SELECT User, Host, Db, {string.Join(", ", _databaseColumns)} FROM mysql.db WHERE User IN ({users})";
        foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
        {
            if (Find(accounts, row) is not { } account) continue;
            var on = new RightsObject(RightsLevel.Database, row[2]!);
            for (var i = 0; i < _databaseColumns.Count; i++)
                if (row[3 + i] == "Y") account.Rights.Grant(on, PrivilegeName(_databaseColumns[i][..^PrivilegeSuffix.Length]));
        }
    }

    private async Task ReadTablesAsync(IReadOnlyList<AccountRecord> accounts, string users, CancellationToken cancellationToken)
    {
        var text = $"SELECT User, Host, Db, Table_name, Table_priv, NULL FROM mysql.tables_priv WHERE User IN ({users}) UNION ALL "
            + $"SELECT User, Host, Db, Table_name, Column_priv, Column_name FROM mysql.columns_priv WHERE User IN ({users})";
        foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
        {
            if (Find(accounts, row) is not { } account) continue;
            var on = new RightsObject(RightsLevel.Table, row[2]!, row[3]!);
            foreach (var name in Names(row[4])) account.Rights.Grant(on, PrivilegeName(name), row[5]);
        }
    }

    private async Task ReadRoutinesAsync(IReadOnlyList<AccountRecord> accounts, string users, CancellationToken cancellationToken)
    {
        var misread = MySqlText.Literals(accounts.Select(account => MisreadText.Misread(account.User)).Distinct(StringComparer.Ordinal));
        var text = "SELECT User, Host, Db, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv "
            + $"WHERE User IN ({users}, {misread})";
        foreach (var stored in await session.QueryRowsAsync(text, cancellationToken))
        {
            // Servers write names into this table as if their UTF-8 were Latin 1.
            List<string?> row = [.. stored.Select(value => value is null ? null : MisreadText.Mend(value))];
            if (Find(accounts, row) is not { } account) continue;
            var on = new RightsObject(RightsLevel.Routine, row[2]!, row[3]!, row[4]!);
            foreach (var name in Names(row[5])) account.Rights.Grant(on, PrivilegeName(name));
        }
    }

    private async Task ReadProxiesAsync(IReadOnlyList<AccountRecord> accounts, string users, CancellationToken cancellationToken)
    {
        var text = $"SELECT User, Host, Proxied_user, Proxied_host, With_grant FROM mysql.proxies_priv WHERE User IN ({users})";
        foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
        {
            if (Find(accounts, row) is { } account)
                account.Rights.Memberships[new Membership(IsProxy: true, MySqlText.Account(row[2]!, row[3]!))] = row[4] == "1";
        }
    }

    private async Task ReadRolesAsync(IReadOnlyList<AccountRecord> accounts, string users, CancellationToken cancellationToken)
    {
        var text = Server.IsMariaDb
            ? $"SELECT User, Host, Role, NULL, Admin_option FROM mysql.roles_mapping WHERE User IN ({users})"
            : $"SELECT TO_USER, TO_HOST, FROM_USER, FROM_HOST, WITH_ADMIN_OPTION FROM mysql.role_edges WHERE TO_USER IN ({users})";
        foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
        {
            if (Find(accounts, row) is not { } account) continue;
            var role = Server.IsMariaDb ? MySqlText.Name(row[2]!) : MySqlText.Account(row[2]!, row[3]!);
            account.Rights.Memberships[new Membership(IsProxy: false, role)] = row[4] == "Y";
        }
        if (Server.IsMariaDb)
        {
            // The account keeps the name of a default role that it no longer has.
            foreach (var account in accounts) account.Rights.DefaultRoles.RemoveWhere(role => !Has(account, role));
            return;
        }
        text = $"SELECT USER, HOST, DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles WHERE USER IN ({users})";
        foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
        {
            if (Find(accounts, row) is { } account) account.Rights.DefaultRoles.Add(MySqlText.Account(row[2]!, row[3]!));
        }
    }

    private static bool Has(AccountRecord account, string role) =>
        account.Rights.Memberships.ContainsKey(new Membership(IsProxy: false, role));

    private static AccountRecord? Find(IReadOnlyList<AccountRecord> accounts, List<string?> row) =>
        accounts.FirstOrDefault(account => account.User == row[0] && account.Host == row[1]);

    private static string[] Names(string? set) => (set ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>From the name of a column or of a member of a set to that of the privilege.</summary>
    private static string PrivilegeName(string name) => name.Replace('_', ' ').ToUpperInvariant() switch
    {
        "GRANT" => Privilege.GrantOption,
        "CREATE TMP TABLE" => "CREATE TEMPORARY TABLES",
        "DELETE VERSIONING ROWS" => "DELETE HISTORY",
        var same => same,
    };
}
