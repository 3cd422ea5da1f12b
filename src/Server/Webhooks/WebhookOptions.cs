using System.ComponentModel.DataAnnotations;
using System.Text;
using Rekey.Server.Rotation;
using Rekey.Server.Settings;

namespace Rekey.Server.Webhooks;

/// <summary>Who is told of rotations: sections <c>Rekey:Webhooks:0</c>, <c>Rekey:Webhooks:1</c>, ...</summary>
public sealed class WebhookOptions : IValidatableObject
{
    public const string Section = "Rekey:Webhooks";

    private const int SecretCharsMin = 16;

    /// <summary>What every webhook that names no events is told: all but the single steps that go well.</summary>
    private static readonly string[] s_quiet =
        [nameof(RotationEventName.StepStarted), nameof(RotationEventName.StepSucceeded), nameof(RotationEventName.RotationWaiting)];

    /// <summary>Where to send, by POST.</summary>
    [RegularExpression("https?://[!-~]+", ErrorMessage = "an address like https://hooks.example.com/rekey")]
    public string? Url { get; set; }

    /// <summary>The key of the signature, at least 16 characters. Never printed.</summary>
    [SecretSetting]
    public string? Secret { get; set; }

    /// <summary>A file that holds the key of the signature in its place.</summary>
    public string? SecretFile { get; set; }

    /// <summary>Names of events, separated by commas; null for all but single steps that go well.</summary>
    [RegularExpression(" *[A-Za-z]+ *(, *[A-Za-z]+ *)*", ErrorMessage = "names of events separated by commas, such as RotationFailed")]
    public string? Events { get; set; }

    /// <summary>True lets it be on a private network or on this machine, and without TLS there.</summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Hours after which an event that does not get through is given up.</summary>
    [Range(1, 720)]
    public int MaxAgeHours { get; set; } = 24;

    /// <summary>The events it is told, by name, with commas between them.</summary>
    internal string WantedEvents =>
        string.Join(',', Events is null ? Enum.GetNames<RotationEventName>().Except(s_quiet) : Split(Events));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0)
        {
            yield return new ValidationResult("Url must be an address like https://hooks.example.com/rekey, without a user or password.");
            yield break;
        }
        if (uri.Scheme == Uri.UriSchemeHttp && !AllowPrivateAddresses)
            yield return new ValidationResult("Url must begin with https, unless AllowPrivateAddresses is true.");
        if ((Secret is null) == (SecretFile is null)) yield return new ValidationResult("Secret or SecretFile must be given, not both.");
        else if (SecretFile is not null && !File.Exists(SecretFile))
            yield return new ValidationResult($"SecretFile is '{SecretFile}': it must be an existing file.");
        else if (ReadSecret().Length < SecretCharsMin)
            yield return new ValidationResult($"The secret must have {SecretCharsMin} characters or more.");
        var unknown = Split(Events ?? "").Where(name => !Enum.GetNames<RotationEventName>().Contains(name)).ToList();
        if (unknown.Count > 0) yield return new ValidationResult($"Events names {string.Join(", ", unknown)}, which is no event.");
    }

    /// <summary>The key of the signature, in UTF-8.</summary>
    internal byte[] ReadSecret() => Encoding.UTF8.GetBytes(Secret ?? File.ReadAllText(SecretFile!).TrimEnd('\n', '\r'));

    private static string[] Split(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
