using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rekey.Rotators.MySql;

/// <summary>
/// Reads accounts from the catalogue's tables. They are compared exactly here: the tables' collations take "app " for "app".
/// </summary>
internal sealed class AccountReader(MySqlSession session)
{
    private const string Columns =
        "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = ";

    private HashSet<string>? _columns;

    private MySqlServer Server => session.Server;

    /// <summary>The accounts of these user names at every host, each with its settings; privileges are not read yet.</summary>
    public async Task<List<AccountRecord>> ReadAsync(IReadOnlyCollection<string> users, CancellationToken cancellationToken)
    {
        _columns ??= [.. (await session.QueryRowsAsync(Columns + "'user'", cancellationToken)).Select(row => row[0]!)];
        if (_columns.Count == 0) throw CatalogueHidden();
        List<string> wanted =
        [
            "User", "Host", "plugin", Hex("authentication_string"), Has("Password") ? Hex("Password") : "NULL", "ssl_type",
            Text("ssl_cipher"), Text("x509_issuer"), Text("x509_subject"), "max_questions", "max_updates", "max_connections",
            "max_user_connections", Or("max_statement_time"), Or("account_locked"), Or("is_role"), Or("default_role"),
            Or("password_lifetime"), Or("Password_reuse_history"), Or("Password_reuse_time"), Or("Password_require_current"),
            Has("User_attributes") ? Hex("User_attributes") : "NULL", "Grant_priv",
        ];
        var text = $"SELECT {string.Join(", ", wanted)} FROM mysql.user WHERE User IN ({MySqlText.Literals(users)})";
        var rows = await session.QueryRowsAsync(text, cancellationToken);
        var records = rows.Where(row => users.Contains(row[0])).Select(Record)
            .OrderBy(record => record.Host, StringComparer.Ordinal).ToList();
        if (Server.HasGlobalPrivTable) await ReadGlobalPrivAsync(records, users, cancellationToken);
        return records;
    }

    private bool Has(string column) => _columns!.Contains(column);

    private string Or(string column) => Has(column) ? column : "NULL";

    private static string Hex(string column) => $"HEX({column})";

    private static string Text(string column) => $"CONVERT({column} USING utf8mb4)";

    private AccountRecord Record(List<string?> row)
    {
        var plugin = row[2] is { Length: > 0 } named ? named : "mysql_native_password";
        var stored = Latin1(row[3]);
        if (stored.Length == 0) stored = Latin1(row[4]);
        using var attributes = row[21] is { Length: > 0 } json ? JsonDocument.Parse(Convert.FromHexString(json)) : null;
        var root = attributes?.RootElement;
        var rights = new AccountRights();
        ReadSettings(row, rights);
        if (row[22] == "Y") rights.Grant(RightsObject.Global, Privilege.GrantOption);
        if (root is { } given) ReadAttributes(given, rights);
        if (row[16] is { Length: > 0 } role) rights.DefaultRoles.Add(MySqlText.Name(role));
        var secondary = root is { } r && r.TryGetProperty("additional_password", out var additional) ? additional.GetString() : null;
        return new AccountRecord(
            row[0]!, row[1]!, [new Authentication(plugin, stored)], secondary is null ? null : new Authentication(plugin, secondary),
            row[14] == "Y", row[15] == "Y", root?.TryGetProperty("multi_factor_authentication", out _) == true)
        {
            Rights = rights,
        };
    }

    private void ReadSettings(List<string?> row, AccountRights rights)
    {
        Set("TLS", AccountClause.Require, Require(row[5]!, row[6]!, row[7]!, row[8]!));
        Limit("MAX_QUERIES_PER_HOUR", row[9]);
        Limit("MAX_UPDATES_PER_HOUR", row[10]);
        Limit("MAX_CONNECTIONS_PER_HOUR", row[11]);
        Limit("MAX_USER_CONNECTIONS", row[12]);
        if (Has("max_statement_time")) Limit("MAX_STATEMENT_TIME", row[13]);
        if (Has("password_lifetime")) Set("password lifetime", AccountClause.Password, Lifetime(row[17]));
        if (Has("Password_reuse_history"))
        {
            Set("password history", AccountClause.Password, $"PASSWORD HISTORY {row[18] ?? "DEFAULT"}");
            Set("password reuse", AccountClause.Password,
                row[19] is null ? "PASSWORD REUSE INTERVAL DEFAULT" : $"PASSWORD REUSE INTERVAL {row[19]} DAY");
        }
        if (Has("Password_require_current"))
        {
            Set("current password", AccountClause.Password,
                "PASSWORD REQUIRE CURRENT" + row[20] switch { "Y" => "", "N" => " OPTIONAL", _ => " DEFAULT" });
        }
        if (Has("User_attributes")) Set("failed logins", AccountClause.Password, FailedLogins(0, 0));

        void Set(string name, AccountClause kind, string clause) => rights.Settings[name] = new AccountSetting(kind, clause, clause);
        void Limit(string name, string? value) => Set(name, AccountClause.Limits, $"{name} {Number(value)}");
    }

    private static void ReadAttributes(JsonElement root, AccountRights rights)
    {
        if (root.TryGetProperty("Password_locking", out var locking))
        {
            var clause = FailedLogins(
                locking.GetProperty("failed_login_attempts").GetInt32(), locking.GetProperty("password_lock_time_days").GetInt32());
            rights.Settings["failed logins"] = new AccountSetting(AccountClause.Password, clause, clause);
        }
        if (root.TryGetProperty("metadata", out var metadata))
        {
            foreach (var attribute in metadata.EnumerateObject()) rights.Attributes[attribute.Name] = attribute.Value.GetRawText();
        }
        if (!root.TryGetProperty("Restrictions", out var restrictions)) return;
        foreach (var restriction in restrictions.EnumerateArray())
        {
            var on = new RightsObject(RightsLevel.Database, restriction.GetProperty("Database").GetString()!);
            rights.Restrictions[on] =
                [.. restriction.GetProperty("Privileges").EnumerateArray().Select(name => new Privilege(name.GetString()!, null))];
        }
    }

    /// <summary>MariaDB keeps in one JSON value what its view mysql.user shows in part.</summary>
    private async Task ReadGlobalPrivAsync(
        List<AccountRecord> records, IReadOnlyCollection<string> users, CancellationToken cancellationToken)
    {
        var text = $"SELECT User, Host, HEX(Priv) FROM mysql.global_priv WHERE User IN ({MySqlText.Literals(users)})";
        foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
        {
            var index = records.FindIndex(record => record.User == row[0] && record.Host == row[1]);
            if (index < 0) continue;
            using var json = JsonDocument.Parse(Convert.FromHexString(row[2]!));
            var priv = json.RootElement;
            var isSet = priv.TryGetProperty("password_lifetime", out var days) && days.GetInt32() >= 0;
            var clause = Lifetime(isSet ? days.GetRawText() : null);
            records[index].Rights.Settings["password lifetime"] = new AccountSetting(AccountClause.Password, clause, clause);
            records[index] = records[index] with
            {
                Authentications = Alternatives(priv),
                IsLocked = priv.TryGetProperty("account_locked", out var locked) && locked.GetBoolean(),
            };
        }
    }

    /// <summary>An empty member of the list stands for what is given beside it.</summary>
    private static List<Authentication> Alternatives(JsonElement priv)
    {
        if (!priv.TryGetProperty("auth_or", out var list)) return [Way(priv)];
        return [.. list.EnumerateArray().Select(way => way.TryGetProperty("plugin", out _) ? Way(way) : Way(priv))];

        static Authentication Way(JsonElement way) => new(
            way.TryGetProperty("plugin", out var plugin) ? plugin.GetString()! : "mysql_native_password",
            way.TryGetProperty("authentication_string", out var stored) ? stored.GetString()! : "");
    }

    private static string Require(string type, string cipher, string issuer, string subject)
    {
        if (type is "" or "NONE") return "REQUIRE NONE";
        if (type == "ANY") return "REQUIRE SSL";
        if (type == "X509") return "REQUIRE X509";
        List<string> demands = [];
        if (cipher.Length > 0) demands.Add($"CIPHER {MySqlText.Literal(cipher)}");
        if (issuer.Length > 0) demands.Add($"ISSUER {MySqlText.Literal(issuer)}");
        if (subject.Length > 0) demands.Add($"SUBJECT {MySqlText.Literal(subject)}");
        return $"REQUIRE {string.Join(" AND ", demands)}";
    }

    private static string Lifetime(string? days) => days switch
    {
        null => "PASSWORD EXPIRE DEFAULT",
        "0" => "PASSWORD EXPIRE NEVER",
        _ => $"PASSWORD EXPIRE INTERVAL {days} DAY",
    };

    private static string FailedLogins(int attempts, int days) =>
        $"FAILED_LOGIN_ATTEMPTS {attempts} PASSWORD_LOCK_TIME {(days < 0 ? "UNBOUNDED" : days.ToString(CultureInfo.InvariantCulture))}";

    private static string Number(string? value) =>
        decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? (number / 1.0000000000m).ToString("0.######", CultureInfo.InvariantCulture)
            : "0";

    private static string Latin1(string? hex) => hex is null ? "" : Encoding.Latin1.GetString(Convert.FromHexString(hex));

    private static RotatorException CatalogueHidden() => new(
        FailureCause.Privilege, "The superuser may not read the catalogue of accounts: it needs SELECT on the database mysql");
}
