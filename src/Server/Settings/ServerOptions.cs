using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Logging;

namespace Rekey.Server.Settings;

/// <summary>The server as a whole: section <c>Rekey:Server</c>.</summary>
public sealed class ServerOptions : IValidatableObject
{
    public const string Section = "Rekey:Server";

    public const string UrlsKey = $"{Section}:{nameof(Urls)}";

    /// <summary>Where to listen, separated by semicolons. Port 0 takes any free port.</summary>
    [Required]
    [RegularExpression("http://[^/;]+(;http://[^/;]+)*", ErrorMessage = "addresses like http://127.0.0.1:7353, separated by semicolons")]
    public string Urls { get; set; } = "http://127.0.0.1:7353";

    /// <summary>The account of the root.</summary>
    [RegularExpression("[0-9]{12}", ErrorMessage = "12 digits")]
    public string AccountId { get; set; } = "123456789012";

    /// <summary>The region that requests are signed for.</summary>
    [RegularExpression("([a-z]+-)+[0-9]+", ErrorMessage = "the name of a region, such as us-east-1")]
    public string Region { get; set; } = "us-east-1";

    /// <summary>Access key id of the account's root; null: one is generated at the first start.</summary>
    [RegularExpression("[A-Za-z0-9_]{1,128}", ErrorMessage = "1 to 128 letters, digits and underscores")]
    public string? RootAccessKeyId { get; set; }

    /// <summary>Secret access key of the account's root. Never printed.</summary>
    [SecretSetting]
    public string? RootSecretAccessKey { get; set; }

    /// <summary>Least level of our own log messages.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>What no single setting shows: half a root key would be silently replaced by a generated one.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrEmpty(RootAccessKeyId) != string.IsNullOrEmpty(RootSecretAccessKey))
            yield return new ValidationResult("REKEY_ROOT_ACCESS_KEY_ID and REKEY_ROOT_SECRET_ACCESS_KEY must be set together.");
    }
}
