using System.Buffers;
using System.Globalization;
using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Oracle;

/// <summary>Reads an account's rights from the DBA views. Names come back as values, and are quoted when a statement is made.</summary>
internal sealed class OracleCatalogue(SqlSession session)
{
    private static readonly SearchValues<char> Words = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ ");

    /// <summary>The account's attributes; null when there is none of that name.</summary>
    public async Task<OracleUserRow?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var row = await session.QueryRowAsync(
            "SELECT default_tablespace, temporary_tablespace, profile, authentication_type FROM dba_users "
                + $"WHERE username = {OracleText.Literal(name)}",
            cancellationToken);
        if (row is null) return null;
        if (row[3] != "PASSWORD") throw Refused($"The account {name} keeps no password in the database ({row[3]})");
        return new OracleUserRow(row[0]!, row[1]!, row[2]!);
    }

    public async Task<List<Right>> ReadAsync(string name, OracleUserRow user, CancellationToken cancellationToken)
    {
        var literal = OracleText.Literal(name);
        await DemandNoObjectsAsync(name, literal, cancellationToken);
        List<Right> rights = [.. user.Settings];
        foreach (var row in await session.QueryAsync(
            $"SELECT tablespace_name, max_bytes FROM dba_ts_quotas WHERE username = {literal} AND max_bytes <> 0 AND dropped = 'NO'",
            cancellationToken))
            rights.Add(Quota(row));
        foreach (var row in await session.QueryAsync(
            $"SELECT privilege, admin_option FROM dba_sys_privs WHERE grantee = {literal}", cancellationToken))
            Add(rights, new OraclePrivilege(Word(row[0]), ""), row[1] == "YES", right => right with { Option = "ADMIN" });
        await AddRolesAsync(rights, literal, cancellationToken);
        foreach (var row in await session.QueryAsync(
            $"SELECT privilege, owner, table_name, type, grantable, hierarchy FROM dba_tab_privs WHERE grantee = {literal}",
            cancellationToken))
        {
            var right = new OracleObjectPrivilege(Word(row[0]), On(row[1]!, row[2]!, row[3]), null, "");
            Add(rights, right, row[4] == "YES", plain => plain with { Option = "GRANT" });
            if (row[5] == "YES") rights.Add(right with { Option = "HIERARCHY" });
        }
        foreach (var row in await session.QueryAsync(
            $"SELECT privilege, owner, table_name, column_name, grantable FROM dba_col_privs WHERE grantee = {literal}", cancellationToken))
        {
            var right = new OracleObjectPrivilege(Word(row[0]), On(row[1]!, row[2]!, "TABLE"), row[3], "");
            Add(rights, right, row[4] == "YES", plain => plain with { Option = "GRANT" });
        }
        await AddProxiesAsync(rights, name, literal, cancellationToken);
        foreach (var row in await session.QueryAsync(
            $"SELECT synonym_name, table_owner, table_name, db_link FROM dba_synonyms WHERE owner = {literal}", cancellationToken))
            rights.Add(new OracleSynonym(row[0]!, Target(row)));
        return rights;
    }

    /// <summary>Objects of its own cannot be shared with a clone, which would not find them under their names.</summary>
    private async Task DemandNoObjectsAsync(string name, string literal, CancellationToken cancellationToken)
    {
        var row = await session.QueryRowAsync(
            $"SELECT COUNT(*) FROM dba_objects WHERE owner = {literal} AND object_type <> 'SYNONYM' AND object_name NOT LIKE 'BIN$%'",
            cancellationToken);
        if (row?[0] is "0" or null) return;
        throw Refused(
            $"The account {name} owns {row[0]} objects, which a second account cannot own too: rotate it with the single-user strategy, or "
                + "give applications an account that owns nothing");
    }

    private async Task AddRolesAsync(List<Right> rights, string literal, CancellationToken cancellationToken)
    {
        var rows = await session.QueryAsync(
            $"SELECT granted_role, admin_option, delegate_option, default_role FROM dba_role_privs WHERE grantee = {literal}",
            cancellationToken);
        foreach (var row in rows)
        {
            var right = new OraclePrivilege(OracleText.Name(row[0]!), "");
            Add(rights, right, row[1] == "YES", plain => plain with { Option = "ADMIN" });
            if (row[2] == "YES") rights.Add(right with { Option = "DELEGATE" });
        }
        var all = rows.Select(row => row[0]!).Distinct().Order(StringComparer.Ordinal).ToList();
        var defaults = rows.Where(row => row[3] == "YES").Select(row => row[0]!).Distinct().Order(StringComparer.Ordinal).ToList();
        var listed = string.Join(", ", defaults.Select(OracleText.Name));
        var clause = defaults.Count == all.Count ? "ALL" : defaults.Count == 0 ? "NONE" : listed;
        var basis = string.Join(' ', all.Select(OracleText.Name));
        // With the roles themselves: a role that is granted anew may or may not become a default role.
        rights.Add(new OracleSetting("default roles", $"DEFAULT ROLE {clause}", 2, null) { Basis = basis });
    }

    private async Task AddProxiesAsync(List<Right> rights, string name, string literal, CancellationToken cancellationToken)
    {
        var rows = await session.QueryAsync(
            "SELECT proxy, client, authentication, authorization_constraint, role FROM dba_proxies "
                + $"WHERE proxy = {literal} OR client = {literal}",
            cancellationToken);
        foreach (var pair in rows.GroupBy(row => (Proxy: row[0]!, Client: row[1]!)))
        {
            var roles = pair.Select(row => row[4]).OfType<string>().Order(StringComparer.Ordinal).Select(OracleText.Name).ToList();
            var constraint = pair.First()[3] ?? "";
            var clause = roles.Count > 0
                ? $" WITH ROLE {(constraint.Contains("MAY NOT", StringComparison.Ordinal) ? "ALL EXCEPT " : "")}{string.Join(", ", roles)}"
                : constraint.StartsWith("NO ", StringComparison.Ordinal) ? " WITH NO ROLES" : "";
            if (pair.First()[2] == "YES") clause += " AUTHENTICATION REQUIRED";
            var isProxy = pair.Key.Proxy == name;
            rights.Add(new OracleProxy(isProxy ? pair.Key.Client : pair.Key.Proxy, isProxy, clause));
        }
    }

    private static void Add<T>(List<Right> rights, T right, bool hasOption, Func<T, T> withOption)
        where T : Right
    {
        rights.Add(right);
        if (hasOption) rights.Add(withOption(right));
    }

    private static OracleSetting Quota(IReadOnlyList<string?> row)
    {
        var place = OracleText.Name(row[0]!);
        var bytes = long.Parse(row[1]!, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        var size = bytes < 0 ? "UNLIMITED" : bytes.ToString(CultureInfo.InvariantCulture);
        return new OracleSetting($"quota {place}", $"QUOTA {size} ON {place}", 0, $"QUOTA 0 ON {place}");
    }

    private static string On(string owner, string name, string? type) => type switch
    {
        "DIRECTORY" or "USER" or "EDITION" => $"{type} {OracleText.Name(name)}",
        "JAVA SOURCE" or "JAVA RESOURCE" or "MINING MODEL" or "SQL TRANSLATION PROFILE" =>
            $"{type} {OracleText.Name(owner)}.{OracleText.Name(name)}",
        _ => $"{OracleText.Name(owner)}.{OracleText.Name(name)}",
    };

    private static string Target(IReadOnlyList<string?> row) =>
        (row[1] is { Length: > 0 } owner ? $"{OracleText.Name(owner)}." : "") + OracleText.Name(row[2]!)
        + (row[3] is { Length: > 0 } link ? $"@{OracleText.Name(link)}" : "");

    /// <summary>A privilege's name becomes part of a statement as it is.</summary>
    private static string Word(string? privilege) => privilege is { Length: > 0 } && !privilege.AsSpan().ContainsAnyExcept(Words)
        ? privilege
        : throw Refused("The catalogue names a privilege that is none");

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}

/// <summary>An account as the catalogue has it.</summary>
internal sealed record OracleUserRow(string Tablespace, string TemporaryTablespace, string Profile)
{
    public IEnumerable<OracleSetting> Settings =>
    [
        new("default tablespace", $"DEFAULT TABLESPACE {OracleText.Name(Tablespace)}", 0, null),
        new("temporary tablespace", $"TEMPORARY TABLESPACE {OracleText.Name(TemporaryTablespace)}", 0, null),
        new("profile", $"PROFILE {OracleText.Name(Profile)}", 0, null),
    ];
}
