using System.Net;
using System.Text.Json.Nodes;

namespace Rekey.Server.Tests.Fakes;

/// <summary>An answer of the server as a test looks at it.</summary>
public sealed record Answer(HttpStatusCode Status, string Body, string? ContentType, string? RequestId, long? ContentLength)
{
    public bool IsSuccess => Status == HttpStatusCode.OK;

    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The error's code, or null for a success.</summary>
    public string? ErrorCode => IsSuccess ? null : Json["__type"]!.GetValue<string>();

    public string? ErrorMessage => IsSuccess ? null : (Json["Message"] ?? Json["message"])!.GetValue<string>();

    /// <summary>A member of the answer; throws when it is absent.</summary>
    public string Text(string member) => Json[member]!.GetValue<string>();

    public static async Task<Answer> FromAsync(HttpResponseMessage response, CancellationToken cancellationToken) => new(
        response.StatusCode,
        await response.Content.ReadAsStringAsync(cancellationToken),
        response.Content.Headers.ContentType?.ToString(),
        response.Headers.TryGetValues("x-amzn-RequestId", out var ids) ? ids.Single() : null,
        response.Content.Headers.ContentLength);
}
