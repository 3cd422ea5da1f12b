using System.Text;

namespace Rekey.Rotators.MySql;

/// <summary>
/// Quoting, for a session in <see cref="MySqlServer.StatementModes"/>: backslash escapes, apostrophes delimit text and backticks delimit
/// names, whatever the server's own mode is.
/// </summary>
internal static class MySqlText
{
    public static string Name(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    public static string Literal(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('\'');
        foreach (var character in text)
        {
            if (character is '\'' or '\\') quoted.Append('\\');
            quoted.Append(character == '\0' ? "\\0" : character.ToString());
        }
        return quoted.Append('\'').ToString();
    }

    public static string Literals(IEnumerable<string> texts) => string.Join(", ", texts.Select(Literal));

    /// <summary>An account or, on MySQL, a role.</summary>
    public static string Account(string user, string host) => $"{Literal(user)}@{Literal(host)}";
}
