using System.Text.Json;

namespace Rekey.Cli.Client;

/// <summary>The server answered with an error.</summary>
internal sealed class RefusedException : CommandException
{
    private RefusedException(int exitCode, string code, string message, string advice)
        : base(exitCode, message, advice) => Code = code;

    /// <summary>AWS's name of the error, such as ResourceNotFoundException.</summary>
    public string Code { get; }

    public static RefusedException From(HttpResponseMessage answer, ReadOnlySpan<byte> body, Uri endpoint)
    {
        var (code, text) = Read(body);
        var status = (int)answer.StatusCode;
        var requestId = answer.Headers.TryGetValues("x-amzn-RequestId", out var ids) ? ids.First() : null;
        var name = code ?? $"HTTP {status}";
        var trace = requestId is null ? "" : $" (request {requestId})";
        return new RefusedException(
            status >= 500 ? ExitCode.Failed : ExitCode.Refused, name, text ?? $"{endpoint} answered with {name}.",
            $"{name}{trace}. {AdviceOn(name)}".TrimEnd());
    }

    private static (string? Code, string? Text) Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            return (Find(document.RootElement, "__type")?.Split('#')[^1],
                Find(document.RootElement, "Message") ?? Find(document.RootElement, "message"));
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private static string? Find(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string AdviceOn(string code) => code switch
    {
        "ResourceNotFoundException" => "Check the name, the region and the account of the credentials.",
        "UnrecognizedClientException" => "The server does not know this access key: check AWS_ACCESS_KEY_ID or the profile.",
        "InvalidSignatureException" => "Check the region, the secret access key, and that this machine's clock agrees with the server's.",
        "ExpiredTokenException" => "Get new temporary credentials.",
        "InternalServiceError" => "The server's log tells more under the request's id.",
        _ => "",
    };
}
