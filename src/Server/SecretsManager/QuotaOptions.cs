using System.ComponentModel.DataAnnotations;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// How much of everything there may be: section <c>Rekey:Quotas</c>. Defaults are AWS's. What the service model bounds (values of 65,536
/// bytes, policies of 20,480 characters, 20 labels in one request) is no setting, because clients know it too.
/// </summary>
public sealed class QuotaOptions
{
    public const string Section = "Rekey:Quotas";

    /// <summary>Secrets of one account in one region, those scheduled for deletion included.</summary>
    [Range(1, 100_000_000)]
    public int SecretsPerRegion { get; set; } = Limits.SecretsPerRegionMax;

    /// <summary>Versions without labels kept per secret; older ones are collected once they are a day old.</summary>
    [Range(1, 10_000)]
    public int DeprecatedVersions { get; set; } = Limits.DeprecatedVersionsKept;

    /// <summary>Staging labels across all versions of one secret. A rotation needs three.</summary>
    [Range(3, 1000)]
    public int LabelsPerSecret { get; set; } = Limits.LabelsPerSecretMax;

    /// <summary>Tags of one secret.</summary>
    [Range(1, 1000)]
    public int TagsPerSecret { get; set; } = Limits.TagsPerSecretMax;
}
