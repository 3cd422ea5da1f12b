using System.Collections.Immutable;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// What is known of a request besides who, what and on what: <c>aws:SourceIp</c>, <c>aws:CurrentTime</c>,
/// <c>secretsmanager:VersionStage</c>. Case does not matter in names: what was added under one name has its values together, so that a
/// tag cannot hide another one. A key may have several values. A key without values is absent.
/// </summary>
internal sealed class ContextKeys
{
    public static readonly ContextKeys None = new();

    private readonly List<(string Name, ImmutableArray<string> Values)> _keys = [];

    public ContextKeys Add(string name, string? value) => value is null ? this : Add(name, [value]);

    public ContextKeys Add(string name, ImmutableArray<string> values)
    {
        if (!values.IsDefaultOrEmpty) _keys.Add((name, values));
        return this;
    }

    /// <summary>The values of a key; empty when it is absent.</summary>
    public ImmutableArray<string> Find(string name)
    {
        ImmutableArray<string> found = [];
        foreach (var key in _keys)
        {
            if (!key.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
            found = found.IsEmpty ? key.Values : found.AddRange(key.Values);
        }
        return found;
    }

    /// <summary>A name has a service or provider before the first colon and something behind it, and no control characters.</summary>
    public static bool IsName(ReadOnlySpan<char> text)
    {
        var colon = text.IndexOf(':');
        return colon > 0 && colon < text.Length - 1 && !text.ContainsAnyInRange('\0', '\x1F') && text[0] != ' ' && text[^1] != ' ';
    }
}
