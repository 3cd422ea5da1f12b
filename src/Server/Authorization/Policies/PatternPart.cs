namespace Rekey.Server.Authorization.Policies;

/// <summary>A piece of a <see cref="TextPattern"/>: plain text, or a variable with its default, if it has one.</summary>
internal readonly record struct PatternPart(string Literal, string? Variable, string? Default)
{
    /// <summary>The brace that closes a variable; one between quotation marks belongs to the default.</summary>
    public static int FindEnd(string text, int start)
    {
        var isQuoted = false;
        for (var at = start; at < text.Length; at++)
        {
            if (text[at] == '\'') isQuoted = !isQuoted;
            if (text[at] == '}' && !isQuoted) return at;
        }
        return -1;
    }

    /// <param name="reader">Stands on the text.</param>
    /// <param name="inside">What stands between the braces.</param>
    public static PatternPart ParseVariable(ref PolicyReader reader, ReadOnlySpan<char> inside)
    {
        var comma = inside.IndexOf(',');
        var name = comma < 0 ? inside : inside[..comma];
        if (!ContextKeys.IsName(name))
            throw reader.Error(PolicyFault.Variable, $"'{EchoedText.Shown(inside)}' is not a policy variable.");
        if (comma < 0) return new PatternPart("", name.ToString(), null);
        var quoted = inside[(comma + 1)..].Trim(' ');
        if (quoted.Length < 2 || quoted[0] != '\'' || quoted[^1] != '\'' || quoted[1..^1].Contains('\''))
            throw reader.Error(PolicyFault.Variable, "The default of a policy variable must stand between single quotation marks.");
        return new PatternPart("", name.ToString(), quoted[1..^1].ToString());
    }

    public string? Resolve(ContextKeys keys)
    {
        if (Variable is null) return Literal;
        // A key with several values is no variable.
        var values = keys.Find(Variable);
        if (values is not [var value]) return values.IsDefaultOrEmpty ? Default : null;
        return Wildcards.AreIn(value) ? null : value;
    }
}
