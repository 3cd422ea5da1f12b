namespace Rekey.Server.SecretsManager;

/// <summary>What GetSecretValue was asked for, word by word. Two spellings of one secret are two keys.</summary>
internal readonly struct ValueKey(string account, string region, string secretId, string? versionId, string? stage) : IEquatable<ValueKey>
{
    public string Account => account;

    public string Region => region;

    public string SecretId => secretId;

    public string? VersionId => versionId;

    public string? Stage => stage;

    /// <summary>Length of all parts together.</summary>
    public int CharCount => account.Length + region.Length + secretId.Length + (versionId?.Length ?? 0) + (stage?.Length ?? 0);

    public bool Equals(ValueKey other) =>
        SecretId == other.SecretId && VersionId == other.VersionId && Stage == other.Stage
        && Account == other.Account && Region == other.Region;

    public override bool Equals(object? obj) => obj is ValueKey other && Equals(other);

    // The other parts hardly ever tell two keys apart, and a hash of each would double the time.
    public override int GetHashCode() => string.GetHashCode(secretId, StringComparison.Ordinal);
}
