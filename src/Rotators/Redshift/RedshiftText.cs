using System.Text.RegularExpressions;
using Rekey.Rotators.Postgres;

namespace Rekey.Rotators.Redshift;

/// <summary>Redshift's quoting. Names are as PostgreSQL's; in literals the backslash is an escape.</summary>
internal static class RedshiftText
{
    private static readonly Regex BuiltInType = new(@"^[a-z][a-z0-9_ ]*(\([0-9]+(, ?[0-9]+)?\))?$", RegexOptions.NonBacktracking);

    public static string Name(string name) => SqlText.Name(name);

    public static string Name(string schema, string name) => SqlText.Name(schema, name);

    /// <summary>Doubled backslashes end no literal either way: at worst a value is longer than meant.</summary>
    public static string Literal(string value) => SqlText.Literal(value.Replace("\\", "\\\\", StringComparison.Ordinal));

    /// <summary>
    /// The argument types of a function, which the catalogue gives as one text: taken only if each is a built-in type's name, since that
    /// text becomes part of a statement.
    /// </summary>
    public static string Arguments(string types)
    {
        if (types.Length == 0) return "";
        var split = Split(types);
        return split.All(type => BuiltInType.IsMatch(type))
            ? string.Join(", ", split)
            : throw new RotatorException(FailureCause.Other, "The server names an argument type that this version of Rekey does not know.");
    }

    /// <summary>At the commas outside of parentheses.</summary>
    private static List<string> Split(string types)
    {
        List<string> split = [];
        var (start, depth) = (0, 0);
        for (var i = 0; i < types.Length; i++)
        {
            depth += types[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (types[i] != ',' || depth > 0) continue;
            split.Add(types[start..i].Trim());
            start = i + 1;
        }
        split.Add(types[start..].Trim());
        return split;
    }
}
