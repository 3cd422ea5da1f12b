using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>One call as the reference sees it: what is asked for, where, and the world it meets.</summary>
/// <param name="Step">Number of the call; gives what the server draws at random a name.</param>
internal sealed record Call(World World, string Region, string Operation, JsonObject Request, int Step)
{
    public DateTimeOffset Now => World.Now;

    public string? Text(string member) => Request[member]?.GetValue<string>();

    public bool? Flag(string member) => Request[member]?.GetValue<bool>();

    public long? Number(string member) => Request[member]?.GetValue<long>();

    /// <summary>Null when the member is absent.</summary>
    public List<string>? Texts(string member) =>
        Request[member] is JsonArray list ? [.. list.Select(item => item!.GetValue<string>())] : null;

    public List<JsonObject>? Objects(string member) =>
        Request[member] is JsonArray list ? [.. list.Select(item => item!.AsObject())] : null;
}

/// <summary>An error: its text is under <c>Message</c> when the service model declares it, else under <c>message</c>.</summary>
internal sealed class Refusal(string code, string text, string member = "Message") : Exception(text)
{
    public string Code { get; } = code;

    /// <summary>The name under which the text stands.</summary>
    public string Member { get; } = member;

    public static Refusal Framework(string code, string text) => new(code, text, "message");

    public static Refusal Parameter(string text) => new("InvalidParameterException", text);

    public static Refusal Request(string text) => new("InvalidRequestException", text);

    public static Refusal Exists(string text) => new("ResourceExistsException", text);

    public static Refusal NotFound(string text) => new("ResourceNotFoundException", text);

    public static Refusal Limit(string text) => new("LimitExceededException", text);

    public static Refusal BadNextToken() => new("InvalidNextTokenException", "Invalid NextToken value.");
}
