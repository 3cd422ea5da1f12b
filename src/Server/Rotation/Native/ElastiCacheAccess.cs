using System.ComponentModel.DataAnnotations;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Rotators.ElastiCache;
using Rekey.Server.Settings;

namespace Rekey.Server.Rotation.Native;

/// <summary>
/// Access to the ElastiCache API, for the rotation of its users: section <c>Rekey:Rotation:ElastiCache</c>. The region is that of each
/// user's ARN.
/// </summary>
public sealed class ElastiCacheAccess : IValidatableObject
{
    public const string Section = $"{RotationOptions.Section}:ElastiCache";

    /// <summary>The API's address; null: AWS's in the region of the user.</summary>
    [RegularExpression("https?://[!-~]+", ErrorMessage = "an address like https://elasticache.us-east-1.amazonaws.com")]
    public string? Endpoint { get; set; }

    /// <summary>Access key id of a principal that may call DescribeUsers and ModifyUser; null: there is no access.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>Its secret half. Never printed.</summary>
    [SecretSetting]
    public string? SecretAccessKey { get; set; }

    /// <summary>A file that holds the secret half in its place.</summary>
    public string? SecretAccessKeyFile { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var isGiven = SecretAccessKey is not null || SecretAccessKeyFile is not null;
        if (SecretAccessKey is not null && SecretAccessKeyFile is not null)
            yield return Fault($"{nameof(SecretAccessKey)} and {Section}:{nameof(SecretAccessKeyFile)} must not be set both.");
        else if (SecretAccessKeyFile is not null && !File.Exists(SecretAccessKeyFile))
            yield return Fault($"{nameof(SecretAccessKeyFile)} is '{SecretAccessKeyFile}': it must be an existing file.");
        if (AccessKeyId is null == isGiven || (AccessKeyId is null && Endpoint is not null))
        {
            yield return Fault(
                $"{nameof(AccessKeyId)} and {Section}:{nameof(SecretAccessKey)} (or {nameof(SecretAccessKeyFile)}) must be set together.");
        }
        if (Endpoint is null) yield break;
        // Passwords are in the requests.
        if (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0
            || (uri.Scheme == Uri.UriSchemeHttp && !uri.IsLoopback))
        {
            yield return Fault($"{nameof(Endpoint)} must be an address that begins with https, or on this machine http, without a user.");
        }
    }

    /// <summary>For the rotators; null where there is no access.</summary>
    internal ElastiCacheOptions? ToOptions() => AccessKeyId is null
        ? null
        : new ElastiCacheOptions
        {
            Endpoint = Endpoint is null ? null : new Uri(Endpoint),
            Credentials = new SigningCredentials(
                AccessKeyId,
                Sensitive.FromText(SecretAccessKey ?? File.ReadAllText(SecretAccessKeyFile!).TrimEnd('\n', '\r'))),
        };

    private static ValidationResult Fault(string text) => new($"{Section}:{text}");
}
