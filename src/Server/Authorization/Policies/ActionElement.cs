using System.Buffers;
using System.Collections.Immutable;

namespace Rekey.Server.Authorization.Policies;

/// <summary>Action or NotAction: which operations a statement concerns.</summary>
internal sealed class ActionElement(bool isNegated, ImmutableArray<ActionPattern> patterns)
{
    public bool IsNegated { get; } = isNegated;

    /// <summary>At least one, in the policy's order.</summary>
    public ImmutableArray<ActionPattern> Patterns { get; } = patterns;

    public static ActionElement Read(ref PolicyReader reader, string name) =>
        new(name == "NotAction", reader.ReadList(name, static (ref reader, text) => ActionPattern.Parse(ref reader, text)));

    /// <param name="action">Such as <c>secretsmanager:GetSecretValue</c>.</param>
    public bool Matches(string action)
    {
        foreach (var pattern in Patterns)
            if (pattern.Matches(action)) return !IsNegated;
        return IsNegated;
    }
}

/// <summary>
/// An action such as <c>secretsmanager:Get*</c>, or <c>*</c> for all of them. Case does not matter; <c>*</c> is any run of characters and
/// <c>?</c> any one. The service may be <c>*</c> as a whole but have no other wildcard.
/// </summary>
internal sealed class ActionPattern
{
    private static readonly SearchValues<char> s_serviceChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");

    private static readonly SearchValues<char> s_nameChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_*?");

    private readonly string? _wildcards;

    private ActionPattern(string text)
    {
        Text = text;
        if (text.AsSpan().ContainsAny('*', '?')) _wildcards = text.Replace('*', Wildcards.AnyRun).Replace('?', Wildcards.AnyOne);
    }

    /// <summary>As written.</summary>
    public string Text { get; }

    public static ActionPattern Parse(ref PolicyReader reader, string text)
    {
        if (text == "*") return new ActionPattern(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
            throw reader.Error(PolicyFault.InvalidValue, "An action must be * or name its service, as in secretsmanager:GetSecretValue.");
        var service = text.AsSpan(0, colon);
        var name = text.AsSpan(colon + 1);
        if (service is not "*" && service.ContainsAnyExcept(s_serviceChars))
            throw reader.Error(PolicyFault.InvalidValue, $"'{EchoedText.Shown(service)}' is not the name of a service.");
        if (name.Contains(':')) throw reader.Error(PolicyFault.InvalidValue, "An action can contain only one colon.");
        if (name.Length == 0 || name.ContainsAnyExcept(s_nameChars))
            throw reader.Error(PolicyFault.InvalidValue, $"'{EchoedText.Shown(name)}' is not the name of an action.");
        return new ActionPattern(text);
    }

    public bool Matches(string action) => _wildcards is null
        ? Text.Equals(action, StringComparison.OrdinalIgnoreCase)
        : Wildcards.MatchesIgnoringCase(_wildcards, action);

    public override string ToString() => Text;
}
