using System.ComponentModel.DataAnnotations;
using System.Net;
using Rekey.Server.Settings;

namespace Rekey.Server.Metrics;

/// <summary>Where and for whom metrics are served: section <c>Rekey:Metrics</c>. Off unless an address is given.</summary>
public sealed class MetricsOptions : IValidatableObject
{
    public const string Section = "Rekey:Metrics";

    /// <summary>
    /// Where to serve <c>/metrics</c>, separated by semicolons: a listener of its own, on which nothing else is served. Null: nowhere.
    /// </summary>
    [RegularExpression("http://[^/;]+(;http://[^/;]+)*", ErrorMessage = "addresses like http://127.0.0.1:9464, separated by semicolons")]
    public string? Urls { get; set; }

    /// <summary>What a scraper has to show as <c>Authorization: Bearer</c>; null for nothing. Never printed.</summary>
    [SecretSetting]
    public string? Token { get; set; }

    /// <summary>Secrets that get series of their own, with their ARN as label; 0 for none. The sums count all.</summary>
    [Range(0, 100_000)]
    public int SecretsMax { get; set; } = 1000;

    /// <summary>Names of secrets are shown to whoever reaches the listener: to strangers only when the operator says so.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Urls is null || Token is not null || SecretsMax == 0) yield break;
        foreach (var url in Urls.Split(';').Where(url => !IsLoopback(url)))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(Urls)} has {url}, which others can reach: set {Section}:{nameof(Token)}, "
                + $"or {Section}:{nameof(SecretsMax)} to 0, because the series name secrets.");
        }
    }

    private static bool IsLoopback(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)) return false;
        return uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }
}
