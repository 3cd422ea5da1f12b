using System.Security.Cryptography;
using Rekey.Aws;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// A SecretId as a caller wrote it: a name, a full ARN, or a partial ARN, which lacks the hyphen and six characters at the end.
/// A partial ARN whose name itself ends in a hyphen and six characters counts as a full one: AWS cannot tell them apart either.
/// </summary>
/// <param name="Text">The SecretId as written.</param>
/// <param name="Arn">The ARN as written, or null for a name.</param>
/// <param name="Name">The name to look for, or null for a full ARN.</param>
internal readonly record struct SecretIdentifier(string Text, Arn? Arn, string? Name)
{
    /// <summary>The partition of every secret.</summary>
    public const string Partition = "aws";

    private const string ResourcePrefix = "secret:";

    /// <summary>Length of the random end of an ARN, without its hyphen.</summary>
    private const int SuffixLength = 6;

    private const string SuffixCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private const string NamePunctuation = "/_+=.@-!";

    /// <summary>Throws ValidationException for a name with other characters and for what begins like an ARN but is none.</summary>
    public static SecretIdentifier Parse(string secretId)
    {
        if (!secretId.StartsWith("arn:", StringComparison.Ordinal))
        {
            DemandName(secretId);
            return new SecretIdentifier(secretId, null, secretId);
        }
        if (!Aws.Arn.TryParse(secretId, out var arn) || arn.Service != "secretsmanager" || NameOf(arn) is not { Length: > 0 } name)
            throw SecretsManagerErrors.InvalidName();
        return new SecretIdentifier(secretId, arn, EndsLikeFullArn(name) ? null : name);
    }

    /// <summary>Throws ValidationException unless every character is an ASCII letter or digit or one of <c>/_+=.@-!</c>.</summary>
    public static void DemandName(string name)
    {
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && !NamePunctuation.Contains(character, StringComparison.Ordinal))
                throw SecretsManagerErrors.InvalidName();
        }
    }

    /// <summary>An ARN for a new secret, different each time: a secret made again under the same name is another one.</summary>
    public static string NewArn(string account, string region, string name) =>
        $"{PartialArn(account, region, name)}-{RandomNumberGenerator.GetString(SuffixCharacters, SuffixLength)}";

    /// <summary>
    /// What a secret's cached values are forgotten by: its ARN without the random end, which name, partial and full ARN all lead to before
    /// anything is looked up.
    /// </summary>
    public string CacheKey(string account, string region) => this switch
    {
        { Arn: null } => PartialArn(account, region, Text),
        { Name: null } => CacheKeyOf(Text),
        _ => Text,
    };

    /// <inheritdoc cref="CacheKey"/>
    public static string CacheKeyOf(string fullArn) => fullArn[..^(SuffixLength + 1)];

    /// <summary>What stands for any secret of an account and region.</summary>
    public static string AnyArn(string account, string region) => PartialArn(account, region, "*");

    private static string PartialArn(string account, string region, string name) =>
        $"arn:{Partition}:secretsmanager:{region}:{account}:{ResourcePrefix}{name}";

    private static string? NameOf(Arn arn) =>
        arn.Resource.StartsWith(ResourcePrefix, StringComparison.Ordinal) ? arn.Resource[ResourcePrefix.Length..] : null;

    private static bool EndsLikeFullArn(string name)
    {
        if (name.Length <= SuffixLength + 1 || name[^(SuffixLength + 1)] != '-') return false;
        foreach (var character in name.AsSpan(name.Length - SuffixLength))
        {
            if (!char.IsAsciiLetterOrDigit(character)) return false;
        }
        return true;
    }
}
