using System.Collections.Concurrent;

namespace Rekey.Server.Identity;

/// <summary>
/// Derived signing keys by the text of their credential, so that a request costs one HMAC instead of five. Only verified requests add to
/// it, so strangers cannot fill it; when it is full it starts afresh.
/// </summary>
internal sealed class SigningKeyCache
{
    private readonly ConcurrentDictionary<string, CachedSigningKey> _keys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CachedSigningKey>.AlternateLookup<ReadOnlySpan<char>> _byText;

    public SigningKeyCache() => _byText = _keys.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _keys.Count;

    /// <summary>Null also when the key was made from another secret than <paramref name="owner"/> has now.</summary>
    public CachedSigningKey? Find(ReadOnlySpan<char> credential, AccessKey? owner) =>
        _byText.TryGetValue(credential, out var key) && ReferenceEquals(key.Owner, owner) ? key : null;

    public void Add(string credential, CachedSigningKey key)
    {
        if (_keys.Count >= Limits.CachedSigningKeysMax) _keys.Clear();
        _keys[credential] = key;
    }
}
