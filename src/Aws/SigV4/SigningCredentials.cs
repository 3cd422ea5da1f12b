namespace Rekey.Aws.SigV4;

/// <summary>What a client signs with. The session token belongs to temporary credentials only.</summary>
public sealed class SigningCredentials(string accessKeyId, Sensitive secretAccessKey, Sensitive? sessionToken = null)
{
    public string AccessKeyId { get; } = accessKeyId;

    public Sensitive SecretAccessKey { get; } = secretAccessKey;

    public Sensitive? SessionToken { get; } = sessionToken;

    public override string ToString() => AccessKeyId;
}
