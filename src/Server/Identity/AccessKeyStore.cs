namespace Rekey.Server.Identity;

/// <summary>The access keys that may sign: the account root's for now.</summary>
internal sealed class AccessKeyStore
{
    private readonly Dictionary<string, AccessKey>.AlternateLookup<ReadOnlySpan<char>> _byId;

    public AccessKeyStore(IEnumerable<AccessKey> keys) =>
        _byId = keys.ToDictionary(key => key.Id, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public AccessKey? Find(ReadOnlySpan<char> accessKeyId) => _byId.TryGetValue(accessKeyId, out var key) ? key : null;
}
