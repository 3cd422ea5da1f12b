using System.Collections.Immutable;
using System.Text;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// A text of a policy that is compared with a text of the request. In the version of 2012 it may hold variables, <c>${aws:username}</c> or
/// <c>${aws:username, 'nobody'}</c>, and <c>${*}</c>, <c>${?}</c>, <c>${$}</c> for the characters themselves; before, those are plain text.
/// What a variable brings in is literal: an asterisk in a tag's value is no wildcard.
/// Source: AWS IAM User Guide, "IAM policy elements: Variables and tags".
/// </summary>
internal sealed class TextPattern
{
    private readonly ImmutableArray<PatternPart> _parts;
    private readonly string? _fixed;

    private TextPattern(string text, ImmutableArray<PatternPart> parts)
    {
        Text = text;
        _parts = parts;
        if (parts.All(part => part.Variable is null)) _fixed = string.Concat(parts.Select(part => part.Literal));
    }

    /// <summary>As written.</summary>
    public string Text { get; }

    public bool HasVariables => _fixed is null;

    /// <param name="reader">Stands on the text.</param>
    /// <param name="text">As written.</param>
    /// <param name="version">Whether variables are known.</param>
    /// <param name="hasWildcards">Whether <c>*</c> and <c>?</c> are more than characters.</param>
    public static TextPattern Parse(ref PolicyReader reader, string text, PolicyVersion version, bool hasWildcards)
    {
        if (Wildcards.AreIn(text)) throw reader.Error(PolicyFault.InvalidValue, "The text has a code point that is no character.");
        var parts = ImmutableArray.CreateBuilder<PatternPart>();
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            if (version == PolicyVersion.V2008 || text[at] != '$' || at + 1 == text.Length || text[at + 1] != '{')
            {
                literal.Append(hasWildcards ? Wildcard(text[at]) : text[at]);
                at++;
                continue;
            }
            var end = PatternPart.FindEnd(text, at + 2);
            if (end < 0) throw reader.Error(PolicyFault.Variable, "A policy variable is not closed: '}' is missing.");
            var inside = text.AsSpan((at + 2)..end);
            if (inside is "*" or "?" or "$")
            {
                literal.Append(inside);
            }
            else
            {
                parts.Add(new PatternPart(literal.ToString(), null, null));
                literal.Clear();
                parts.Add(PatternPart.ParseVariable(ref reader, inside));
            }
            at = end + 1;
        }
        parts.Add(new PatternPart(literal.ToString(), null, null));
        return new TextPattern(text, parts.DrainToImmutable());
    }

    /// <summary>The pattern with the request's values in place of variables; null when one has no value and no default.</summary>
    public string? Resolve(ContextKeys keys)
    {
        if (_fixed is not null) return _fixed;
        var resolved = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part.Resolve(keys) is not { } text) return null;
            resolved.Append(text);
        }
        return resolved.ToString();
    }

    public override string ToString() => Text;

    private static char Wildcard(char unit) => unit switch
    {
        '*' => Wildcards.AnyRun,
        '?' => Wildcards.AnyOne,
        _ => unit,
    };
}
