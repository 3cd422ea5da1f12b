using System.Globalization;

namespace Rekey.Rotators.MySql;

/// <summary>The server's own password rules, as its variables tell them to anyone who may log in.</summary>
internal static class PolicyVariables
{
    /// <summary>cracklib names no figure; shorter passwords are refused as simple.</summary>
    private const int CracklibLength = 12;

    private const string Variables =
        "SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'validate_password%' OR Variable_name LIKE 'simple_password_check%' "
            + "OR Variable_name LIKE 'cracklib_password_check%'";

    private const string Plugins =
        "SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE'";

    /// <summary>Whether MariaDB has a plugin that wants to see passwords.</summary>
    public static async Task<bool> IsWatchedAsync(MySqlSession session, CancellationToken cancellationToken) =>
        (await session.QueryAsync(Plugins, cancellationToken))?[0] != "0";

    /// <summary>None while the session's password has expired: the server says nothing then.</summary>
    public static async Task<PasswordRules> ReadAsync(MySqlSession session, CancellationToken cancellationToken)
    {
        if (session.Account is null) return PasswordRules.None;
        var rows = await session.QueryRowsAsync(Variables, cancellationToken);
        // The component writes a point where the plugin writes an underscore.
        return Parse(rows.ToDictionary(row => row[0]!.Replace('.', '_'), row => row[1] ?? "", StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Pure.</summary>
    public static PasswordRules Parse(IReadOnlyDictionary<string, string> variables)
    {
        var rules = PasswordRules.None;
        if (variables.TryGetValue("validate_password_policy", out var policy))
        {
            var (mixed, numbers, special) = (
                Number("validate_password_mixed_case_count"), Number("validate_password_number_count"),
                Number("validate_password_special_char_count"));
            // LOW looks at the length alone.
            var isLow = policy is "0" or "LOW";
            rules = new PasswordRules
            {
                LengthMin = Number("validate_password_length"),
                LowercaseMin = isLow ? 0 : mixed,
                UppercaseMin = isLow ? 0 : mixed,
                NumbersMin = isLow ? 0 : numbers,
                PunctuationMin = isLow ? 0 : special,
            };
        }
        if (variables.ContainsKey("simple_password_check_minimal_length"))
        {
            var letters = Number("simple_password_check_letters_same_case");
            rules = Stricter(rules, new PasswordRules
            {
                LengthMin = Number("simple_password_check_minimal_length"),
                LowercaseMin = letters,
                UppercaseMin = letters,
                NumbersMin = Number("simple_password_check_digits"),
                PunctuationMin = Number("simple_password_check_other_characters"),
            });
        }
        if (variables.ContainsKey("cracklib_password_check_dictionary"))
        {
            rules = Stricter(rules, new PasswordRules
            {
                LengthMin = CracklibLength,
                LowercaseMin = 1,
                UppercaseMin = 1,
                NumbersMin = 1,
                PunctuationMin = 1,
            });
        }
        return rules;

        int Number(string name) =>
            variables.TryGetValue(name, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : 0;
    }

    private static PasswordRules Stricter(PasswordRules one, PasswordRules other) => one with
    {
        LengthMin = Math.Max(one.LengthMin, other.LengthMin),
        LowercaseMin = Math.Max(one.LowercaseMin, other.LowercaseMin),
        UppercaseMin = Math.Max(one.UppercaseMin, other.UppercaseMin),
        NumbersMin = Math.Max(one.NumbersMin, other.NumbersMin),
        PunctuationMin = Math.Max(one.PunctuationMin, other.PunctuationMin),
    };
}
