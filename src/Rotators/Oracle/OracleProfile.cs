using Rekey.Aws;
using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Oracle;

/// <summary>What an account's profile demands of its passwords.</summary>
internal static class OracleProfile
{
    /// <summary>One limit, where DEFAULT is resolved; null when the server does not know it, or there is no such account.</summary>
    /// <param name="username">The account as the catalogue has it, for a superuser; null for the session's own.</param>
    public static async Task<string?> ReadAsync(SqlSession session, string? username, string limit, CancellationToken cancellationToken)
    {
        var row = await session.QueryRowAsync(
            username is null
                ? $"SELECT limit FROM user_password_limits WHERE resource_name = {OracleText.Literal(limit)}"
                : "SELECT CASE p.limit WHEN 'DEFAULT' THEN d.limit ELSE p.limit END FROM dba_users u "
                    + $"JOIN dba_profiles p ON p.profile = u.profile AND p.resource_name = {OracleText.Literal(limit)} "
                    + "JOIN dba_profiles d ON d.profile = 'DEFAULT' AND d.resource_name = p.resource_name "
                    + $"WHERE u.username = {OracleText.Literal(username)}",
            cancellationToken);
        return row?[0];
    }

    /// <summary>
    /// The rules behind the verify functions that come with the server; of one that is not known, what satisfies the strictest of them.
    /// </summary>
    public static PasswordRules Rules(string? verifyFunction, Version version)
    {
        // From 23ai on 1024 bytes; before that, what is behind the thirtieth byte is refused.
        var rules = new PasswordRules { LengthMax = version.Major >= 23 ? 1024 : 30, ForbiddenCharacters = "\"" };
        return verifyFunction?.ToUpperInvariant() switch
        {
            null or "" or "NULL" or "UNLIMITED" or "DEFAULT" => rules,
            "VERIFY_FUNCTION" => rules with { LengthMin = 4, LowercaseMin = 1, NumbersMin = 1, PunctuationMin = 1 },
            "VERIFY_FUNCTION_11G" or "ORA12C_VERIFY_FUNCTION" =>
                rules with { LengthMin = 8, LowercaseMin = 1, NumbersMin = 1, PunctuationMin = 1 },
            "ORA12C_STRONG_VERIFY_FUNCTION" => Strictest(rules, 9),
            _ => Strictest(rules, 15),
        };
    }

    /// <summary>A password that every verify function takes and nobody knows.</summary>
    public static Sensitive ThrowawayPassword()
    {
        var policy = new PasswordPolicy { Length = 30, ExcludedCharacters = "\"/@\\'" };
        while (true)
        {
            var password = policy.Generate();
            if (IsStrict(password.Reveal())) return password;
            password.Dispose();
        }
    }

    private static PasswordRules Strictest(PasswordRules rules, int length) => rules with
    {
        LengthMin = length,
        LowercaseMin = 2,
        UppercaseMin = 2,
        NumbersMin = 2,
        PunctuationMin = 2,
        LetterFirst = true,
    };

    private static bool IsStrict(ReadOnlySpan<byte> password)
    {
        var (lower, upper, digits) = (0, 0, 0);
        foreach (var value in password)
        {
            if (char.IsAsciiLetterLower((char)value)) lower++;
            else if (char.IsAsciiLetterUpper((char)value)) upper++;
            else if (char.IsAsciiDigit((char)value)) digits++;
        }
        return lower >= 2 && upper >= 2 && digits >= 2 && password.Length - lower - upper - digits >= 2
            && char.IsAsciiLetter((char)password[0]);
    }
}
