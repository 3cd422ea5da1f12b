using Rekey.Aws;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.Oracle;

/// <summary>Names and values in Oracle's SQL.</summary>
internal static class OracleText
{
    /// <summary>A name between double quotes. The server knows none with a double quote or a NUL in it.</summary>
    public static string Name(string name)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAny('"', '\0'))
            throw Refused("A name is empty or holds a double quote, which no name on an Oracle server can");
        return $"\"{name}\"";
    }

    /// <summary>A text without secrets as a literal.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>
    /// The catalogue's form of the name that a secret has: what stands between double quotes is taken as it is, everything else in capital
    /// letters, as the server does with it.
    /// </summary>
    public static string Catalogued(string username)
    {
        if (username is ['"', .. var quoted, '"'] && quoted.Length > 0 && !quoted.Contains('"')) return quoted;
        if (!username.Contains('"')) return username.ToUpperInvariant();
        throw Refused($"The name {username} is quoted in part: name both users of the pair in the secret's rotation settings (Users)");
    }

    /// <summary>A password stands between double quotes, and nothing can stand for one within.</summary>
    public static SensitiveText AppendPassword(this SensitiveText statement, Sensitive password)
    {
        if (password.Reveal().Contains((byte)'"') || password.Reveal().Contains((byte)0))
        {
            statement.Dispose();
            throw Refused("The password holds a double quote, which Oracle's passwords cannot");
        }
        return statement.Append('"').Append(password).Append('"');
    }

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
