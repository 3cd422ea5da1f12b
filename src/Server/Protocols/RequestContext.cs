using Rekey.Server.Audit;
using Rekey.Server.Identity;
using Rekey.Server.Rotation;

namespace Rekey.Server.Protocols;

/// <summary>What an operation may know about its call. One per request; never holds the body.</summary>
public sealed class RequestContext
{
    public required Principal Principal { get; init; }

    /// <summary>The caller's account: 12 digits.</summary>
    public string Account => Principal.Account;

    /// <summary>The region of the credential scope.</summary>
    public required string Region { get; init; }

    /// <summary>A UUID; the <c>x-amzn-RequestId</c> of the answer.</summary>
    public required string RequestId { get; init; }

    /// <summary>When the request arrived. Operations take their timestamps from here.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The IAM name of the operation, such as <c>secretsmanager:GetSecretValue</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Where the call came from; null for the server's own work.</summary>
    public System.Net.IPAddress? SourceIp { get; init; }

    public string? SourceAddress => SourceIp?.ToString();

    public string? UserAgent { get; init; }

    /// <summary>True when the call came to this server over TLS.</summary>
    public bool IsSecureTransport { get; init; }

    /// <summary>Set when a rotation step makes this call: writes are refused once the lease is lost.</summary>
    public RotationLease? Lease { get; init; }

    /// <summary>The same caller and call, for one part of it that AWS authorises and records as an action of its own.</summary>
    /// <param name="action">The IAM name of that action.</param>
    /// <param name="region">Where the part happens; null where the call does.</param>
    internal RequestContext ForPart(string action, string? region = null) => new()
    {
        Principal = Principal,
        Region = region ?? Region,
        RequestId = RequestId,
        Time = Time,
        Action = action,
        SourceIp = SourceIp,
        UserAgent = UserAgent,
        IsSecureTransport = IsSecureTransport,
        Lease = Lease,
    };

    /// <summary>What the audit record will say about the target of the call.</summary>
    public AuditTrail Audit { get; } = new();
}
