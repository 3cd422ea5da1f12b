using System.Collections.Immutable;

namespace Rekey.Server.SecretsManager;

/// <summary>A version without its payload.</summary>
public sealed record SecretVersion
{
    public required string VersionId { get; init; }

    /// <summary>Staging labels in the order in which they were attached. None: the version is deprecated.</summary>
    public ImmutableArray<string> Stages { get; init; } = [];

    public required DateTimeOffset CreatedDate { get; init; }

    /// <summary>Creation order within the secret, from 1.</summary>
    public required long Sequence { get; init; }

    public DateTimeOffset? LastAccessedDate { get; init; }

    /// <summary>The key that sealed the payload; null for a rotation's placeholder, which has none.</summary>
    public string? KmsKeyArn { get; init; }

    public bool HasValue => KmsKeyArn is not null;
}
