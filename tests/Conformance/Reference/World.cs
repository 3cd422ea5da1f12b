namespace Rekey.Conformance.Reference;

/// <summary>
/// Everything the reference knows: an AWS account as the specification describes it, in plain dictionaries that calls change in place.
/// What a server draws at random stands here as a symbol (<see cref="Symbols"/>).
/// </summary>
internal sealed class World(Symbols symbols)
{
    public const string Account = "123456789012";

    /// <summary>The first one is the home Region.</summary>
    public static readonly string[] Regions = ["us-east-1", "eu-west-1", "ap-southeast-2"];

    public Symbols Symbols { get; } = symbols;

    public DateTimeOffset Now { get; set; }

    public DateTimeOffset Today => new(Now.UtcDateTime.Date, TimeSpan.Zero);

    /// <summary>By Region and name.</summary>
    public Dictionary<(string Region, string Name), KnownSecret> Secrets { get; } = [];

    /// <summary>ARN of the one key there is besides the default key, by Region. Its alias is <c>alias/own</c>.</summary>
    public Dictionary<string, string> OwnKeys { get; } = [];

    /// <summary>By the symbol of the page token.</summary>
    public Dictionary<string, Page> Pages { get; } = [];

    /// <summary>Set when the server has work of its own to finish before it can be compared again.</summary>
    public bool HasWork { get; set; }

    public IEnumerable<KnownSecret> SecretsOf(string region) =>
        Secrets.Where(entry => entry.Key.Region == region).Select(entry => entry.Value);

    public void Remove(KnownSecret secret) => Secrets.Remove((secret.Region, secret.Name));
}

internal sealed class KnownSecret
{
    public required string Region { get; init; }
    public required string Name { get; init; }

    /// <summary>With a symbol for its end.</summary>
    public required string Arn { get; init; }

    public required DateTimeOffset Created { get; set; }
    public required DateTimeOffset Changed { get; set; }
    public DateTimeOffset? Accessed { get; set; }
    public DateTimeOffset? Deleted { get; set; }
    public DateTimeOffset? PurgeAt { get; set; }
    public string? Description { get; set; }
    public string? KmsKeyId { get; set; }
    public string? Type { get; set; }

    /// <summary>Null when it was never tagged.</summary>
    public List<(string Key, string Value)>? Tags { get; set; }

    /// <summary>In order of creation.</summary>
    public List<KnownVersion> Versions { get; set; } = [];

    /// <summary>Who holds which label, in the order in which the labels were attached.</summary>
    public List<(string Label, string VersionId)> Labels { get; set; } = [];

    public KnownRotation Rotation { get; } = new();

    public KnownPolicy? Policy { get; set; }

    /// <summary>Of a replica only.</summary>
    public string? PrimaryRegion { get; set; }

    public bool IsReplica => PrimaryRegion is not null;

    /// <summary>Of a primary, by Region.</summary>
    public List<KnownReplica> Replicas { get; set; } = [];

    /// <summary>The number of the next version.</summary>
    public long NextNumber => Versions.Count == 0 ? 1 : Versions[^1].Number + 1;

    public KnownVersion? Version(string versionId) => Versions.Find(version => version.Id == versionId);

    public string? HolderOf(string label) => Labels.Find(entry => entry.Label == label).VersionId;

    public List<string> LabelsOf(string versionId) =>
        [.. Labels.Where(entry => entry.VersionId == versionId).Select(entry => entry.Label)];
}

internal sealed class KnownVersion
{
    public required string Id { get; init; }

    /// <summary>In the order of creation, from 1. A replica's versions have the numbers of the primary's.</summary>
    public required long Number { get; init; }

    /// <summary>SecretString or SecretBinary, and what it holds; null when the version has no value.</summary>
    public (string Member, string Value)? Value { get; set; }

    public required DateTimeOffset Created { get; init; }
    public DateTimeOffset? Accessed { get; set; }

    /// <summary>Under the Region's own key and not under the default key.</summary>
    public bool UsesOwnKey { get; set; }
}

internal sealed class KnownRotation
{
    /// <summary>Null when rotation was never configured.</summary>
    public bool? IsEnabled { get; set; }

    public string? Function { get; set; }
    public KnownRules? Rules { get; set; }
    public DateTimeOffset? Last { get; set; }

    /// <summary>The next window; it opens when the server starts the rotation.</summary>
    public (DateTimeOffset Opens, DateTimeOffset Closes)? Next { get; set; }

    /// <summary>When each version was last worked on by a rotation.</summary>
    public Dictionary<string, DateTimeOffset> Worked { get; } = [];
}

/// <summary>What a primary knows of one of its replicas.</summary>
internal sealed class KnownReplica
{
    public required string Region { get; init; }

    /// <summary>Null: the default key.</summary>
    public required string? KmsKeyId { get; init; }

    /// <summary>Good for the first attempt.</summary>
    public required bool MayOverwrite { get; set; }

    public string Status { get; set; } = "InProgress";
    public string? Message { get; set; }

    /// <summary>How the primary was when it was last tried.</summary>
    public object? Tried { get; set; }
}

/// <summary>Rotation rules as DescribeSecret shows them.</summary>
internal sealed record KnownRules(long? Days, string? Duration, string? Expression);

/// <summary>What a page token stands for.</summary>
/// <param name="Query">All that must be the same in the next request.</param>
/// <param name="Position">Where the page ended.</param>
/// <param name="Made">A token is good for a day.</param>
internal sealed record Page(string Query, object Position, DateTimeOffset Made);
