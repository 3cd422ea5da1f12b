using Rekey.Aws;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.Db2;

/// <summary>Names and values in Db2's SQL.</summary>
internal static class Db2Text
{
    /// <summary>A name between double quotes; one in it is doubled.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text without secrets as a literal.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    public static SensitiveText AppendLiteral(this SensitiveText statement, Sensitive password)
    {
        using var text = new SensitiveText().Append(password);
        statement.Append('\'');
        foreach (var character in text.Span)
        {
            if (character == '\'') statement.Append('\'');
            statement.Append(character);
        }
        return statement.Append('\'');
    }

    /// <summary>An authorization name as the catalogue has it: in capital letters.</summary>
    public static string Catalogued(string username) => username.ToUpperInvariant();
}
