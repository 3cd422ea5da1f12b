using Microsoft.AspNetCore.Http;
using Rekey.Aws;
using Rekey.Server.Identity;

namespace Rekey.Server.Protocols;

/// <summary>One of AWS's protocols: how a request names its operation and how an answer or an error is written.</summary>
internal abstract class WireProtocol
{
    /// <summary>Content type of every answer.</summary>
    public abstract string ContentType { get; }

    /// <summary>
    /// The operation that the request names, or null when there is none. <paramref name="service"/> is the service of the verified
    /// credential scope; null before the signature is checked.
    /// </summary>
    public abstract Operation? Find(Call call, ReadOnlySpan<byte> body, string? service);

    /// <summary>The error for a request whose operation was not found.</summary>
    public abstract ServiceException UnknownOperation(Call call);

    public abstract ServiceException NotAuthenticated(AuthenticationFailure failure);

    /// <summary>Writes the error document and sets headers that belong to it; the front door sets status, type and length.</summary>
    public abstract void WriteError(Call call, ServiceException failure, ResponseBuffer answer);
}
