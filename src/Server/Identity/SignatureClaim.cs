namespace Rekey.Server.Identity;

/// <summary>What a request says about its own signature. Present, but not yet believed.</summary>
internal ref struct SignatureClaim
{
    public ReadOnlySpan<char> Algorithm;
    public ReadOnlySpan<char> Credential;
    public ReadOnlySpan<char> SignedHeaders;
    public ReadOnlySpan<char> Signature;

    /// <summary>The time as sent: from X-Amz-Date, or from the Date header.</summary>
    public string Date;

    /// <summary>Seconds as sent with a presigned request; null when absent or in the header form.</summary>
    public string? Expires;

    public string? SecurityToken;

    /// <summary>True when the signature is in the query.</summary>
    public bool IsPresigned;
}
