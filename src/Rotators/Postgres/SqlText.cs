using System.Text;

namespace Rekey.Rotators.Postgres;

/// <summary>PostgreSQL's quoting, for sessions with <c>standard_conforming_strings = on</c>.</summary>
internal static class SqlText
{
    /// <summary>A name that is taken letter by letter, whatever it holds.</summary>
    public static string Name(string name) => '"' + Demand(name).Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    /// <summary>A name with its schema.</summary>
    public static string Name(string schema, string name) => $"{Name(schema)}.{Name(name)}";

    public static string Literal(string value) => '\'' + Demand(value).Replace("'", "''", StringComparison.Ordinal) + '\'';

    /// <summary>
    /// The elements of a list of names as settings keep it (<c>"$user", public</c>): separated by commas, those with signs in quotes.
    /// Null when it is no such list.
    /// </summary>
    public static IReadOnlyList<string>? SplitNames(string list)
    {
        var elements = new List<string>();
        var at = 0;
        SkipSpaces();
        if (at == list.Length) return elements;
        while (true)
        {
            if (ReadElement() is not { } element) return null;
            elements.Add(element);
            SkipSpaces();
            if (at == list.Length) return elements;
            if (list[at++] != ',') return null;
            SkipSpaces();
        }

        void SkipSpaces()
        {
            while (at < list.Length && list[at] is ' ' or '\t' or '\n' or '\r' or '\f') at++;
        }

        string? ReadElement()
        {
            var element = new StringBuilder();
            if (at < list.Length && list[at] == '"')
            {
                for (at++; at < list.Length; at++)
                {
                    if (list[at] != '"') element.Append(list[at]);
                    else if (at + 1 < list.Length && list[at + 1] == '"') element.Append(list[at++]);
                    else break;
                }
                return at++ < list.Length ? element.ToString() : null;
            }
            while (at < list.Length && list[at] is not (',' or ' ' or '\t' or '\n' or '\r' or '\f' or '"')) element.Append(list[at++]);
            return element.Length > 0 ? element.ToString() : null;
        }
    }

    private static string Demand(string text) => text.Contains('\0')
        ? throw new RotatorException(FailureCause.Precondition, "A name or value holds a NUL character, which PostgreSQL cannot take.")
        : text;
}
