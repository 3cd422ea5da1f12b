using System.Globalization;

namespace Rekey.Rotators.Postgres;

/// <summary>
/// What the password rules of PostgreSQL's usual extensions can be asked: passwordcheck (contrib) and credcheck. Neither tells all, and
/// either may want to see the password itself; what is not foreseen here the server refuses when the password is set.
/// </summary>
internal static class PostgresPasswordRules
{
    /// <summary>passwordcheck's own, before version 18 made it a setting.</summary>
    private const int PasswordcheckLengthMin = 8;

    private const string Query =
        """
        SELECT name, setting FROM pg_catalog.pg_settings
        WHERE name LIKE 'credcheck.password\_%' OR name LIKE 'passwordcheck.%'
           OR (name = 'shared_preload_libraries' AND setting LIKE '%passwordcheck%')
        """;

    public static async Task<PasswordRules> ReadAsync(PostgresConnection connection, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync(Query, [], row => (row.GetString(0), row.GetString(1)), cancellationToken);
        return From(rows.ToDictionary(row => row.Item1, row => row.Item2, StringComparer.Ordinal));
    }

    /// <param name="settings">By name, as <c>pg_settings</c> has them.</param>
    public static PasswordRules From(IReadOnlyDictionary<string, string> settings)
    {
        var checks = settings.Keys.Any(
            name => name == "shared_preload_libraries" || name.StartsWith("passwordcheck.", StringComparison.Ordinal));
        var lengthMin = checks ? Number("passwordcheck.min_password_length", PasswordcheckLengthMin) : 0;
        return new PasswordRules
        {
            LengthMin = Math.Max(lengthMin, Number("credcheck.password_min_length", 0)),
            // passwordcheck wants letters and other characters.
            LowercaseMin = Math.Max(checks ? 1 : 0, Number("credcheck.password_min_lower", 0)),
            UppercaseMin = Number("credcheck.password_min_upper", 0),
            NumbersMin = Math.Max(checks ? 1 : 0, Number("credcheck.password_min_digit", 0)),
            PunctuationMin = Number("credcheck.password_min_special", 0),
            ForbiddenCharacters = settings.GetValueOrDefault("credcheck.password_not_contain", ""),
        };

        int Number(string name, int whenAbsent) =>
            int.TryParse(settings.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : whenAbsent;
    }
}
