namespace Rekey.Aws.SigV4;

/// <summary>The fixed words of Signature Version 4: algorithm, terminator, header names (lower case) and query parameters.</summary>
public static class SignatureNames
{
    public const string Algorithm = "AWS4-HMAC-SHA256";
    public const string Terminator = "aws4_request";

    public const string HostHeader = "host";
    public const string DateHeader = "x-amz-date";
    public const string SecurityTokenHeader = "x-amz-security-token";
    public const string ContentHashHeader = "x-amz-content-sha256";

    public const string AlgorithmParameter = "X-Amz-Algorithm";
    public const string CredentialParameter = "X-Amz-Credential";
    public const string DateParameter = "X-Amz-Date";
    public const string ExpiresParameter = "X-Amz-Expires";
    public const string SecurityTokenParameter = "X-Amz-Security-Token";
    public const string SignatureParameter = "X-Amz-Signature";
    public const string SignedHeadersParameter = "X-Amz-SignedHeaders";
}
