using Rekey.Aws;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.SqlServer;

/// <summary>Names and values in Transact-SQL. Source: QUOTENAME and the rules for literals.</summary>
internal static class SqlServerText
{
    /// <summary>A name between brackets; a closing one in it is doubled.</summary>
    public static string Name(string name) => $"[{name.Replace("]", "]]", StringComparison.Ordinal)}]";

    /// <summary>A text without secrets as a literal.</summary>
    public static string Literal(string text)
    {
        DemandNoContinuation(text);
        return $"N'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    public static SensitiveText AppendLiteral(this SensitiveText statement, Sensitive password)
    {
        using var text = new SensitiveText().Append(password);
        DemandNoContinuation(text.Span);
        statement.Append("N'");
        foreach (var character in text.Span)
        {
            if (character == '\'') statement.Append('\'');
            statement.Append(character);
        }
        return statement.Append('\'');
    }

    /// <summary>The server takes a backslash before a line break out of a literal, and the break with it.</summary>
    private static void DemandNoContinuation(ReadOnlySpan<char> text)
    {
        if (text.Contains("\\\n", StringComparison.Ordinal) || text.Contains("\\\r\n", StringComparison.Ordinal))
        {
            throw new RotatorException(
                FailureCause.Precondition, "A name or password holds a backslash before a line break, which SQL Server drops from texts");
        }
    }
}
