using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Rekey.Conformance.Clients;

/// <summary>
/// One call of a scenario: <c>{"CreateSecret": {its parameters}, "Answer": {...}}</c>. Without Answer and Error any success will do.
/// </summary>
internal sealed record ScenarioCall
{
    /// <summary>The members of the answer, all of them; <see cref="Expectation"/> tells what may stand for a value.</summary>
    public JsonNode? Answer { get; init; }

    /// <summary>The code of the refusal.</summary>
    public string? Error { get; init; }

    /// <summary>The text of the refusal.</summary>
    public string? Message { get; init; }

    /// <summary>Names for members of the answer, such as <c>{"first": "VersionId"}</c> or <c>{"oldest": "SecretList.0.ARN"}</c>.</summary>
    public IReadOnlyDictionary<string, string> Keep { get; init; } = new Dictionary<string, string>();

    /// <summary>Another region, other keys, other settings: see <see cref="ClientDriver"/>.</summary>
    public JsonObject Client { get; init; } = [];

    /// <summary>Follow the pages of this size; Answer is then all of them together.</summary>
    public int? PageSize { get; init; }

    /// <summary>How many there are.</summary>
    public int? Pages { get; init; }

    /// <summary>Repeat the call until it is answered so: something goes on in the server meanwhile.</summary>
    public bool Eventually { get; init; }

    /// <summary>How often the call is made, each time with the same outcome.</summary>
    public int Times { get; init; } = 1;

    [JsonExtensionData]
    public Dictionary<string, JsonElement> Call { get; init; } = [];

    [JsonIgnore]
    public string Operation => Call.Single().Key;

    [JsonIgnore]
    public JsonObject Parameters => JsonObject.Create(Call.Single().Value)!;

    public bool CanBeSaidBy(ClientDescription client) =>
        client.Operations.Contains(Operation)
        && (client.Members is null || MembersOf(Parameters).All(member => member[0] == '$' || client.Members.Contains(member)));

    private static IEnumerable<string> MembersOf(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => MembersOf(member.Value).Prepend(member.Key)),
        JsonArray values => values.SelectMany(MembersOf),
        _ => [],
    };
}
