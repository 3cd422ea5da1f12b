using Microsoft.AspNetCore.Http;

namespace Rekey.Server.Protocols;

/// <summary>What the front door knows of one request, filled in as it goes along.</summary>
internal sealed class Call(HttpContext http, WireProtocol protocol, string requestId, DateTimeOffset time)
{
    public HttpContext Http { get; } = http;

    public WireProtocol Protocol { get; } = protocol;

    public string RequestId { get; } = requestId;

    public DateTimeOffset Time { get; } = time;

    /// <summary>Null while not found. Before authentication it is what the caller claims to want.</summary>
    public Operation? Operation { get; set; }

    /// <summary>Null until the caller is authenticated.</summary>
    public RequestContext? Context { get; set; }

    /// <summary>True for a refusal by rate that an earlier record stands for.</summary>
    public bool IsRecordedByAnother { get; set; }

    /// <summary>The parameters of a Query request, parsed once.</summary>
    public QueryForm? Form { get; set; }
}
