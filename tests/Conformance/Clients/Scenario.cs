using System.Text.Json;

namespace Rekey.Conformance.Clients;

/// <summary>
/// Calls that a client makes one after the other, and what it must get. They stand in the folder <c>Scenarios</c>, a file for each
/// operation, and are the same for every client. In strings, <c>${name}</c> stands for a value that an earlier call kept, or for:
/// <c>prefix</c>, with which the names of the scenario's secrets begin; <c>arns</c>, what stands before a name in an ARN;
/// <c>database</c>, the value of a secret about a new database account; <c>function</c>, the ARN of the function that rotates it.
/// </summary>
internal sealed record Scenario(string Operation, string Title, IReadOnlyList<ScenarioCall> Calls)
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Clients", "Scenarios");

    private static readonly JsonSerializerOptions s_json = new() { ReadCommentHandling = JsonCommentHandling.Skip };

    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, Scenario> All { get; } =
        Directory.GetFiles(s_folder, "*.json").Order(StringComparer.Ordinal).SelectMany(Read).ToDictionary(scenario => scenario.Name);

    public string Name => $"{Operation}: {Title}";

    /// <summary>Whether the client has a word for everything that the scenario says.</summary>
    public bool CanBeSaidBy(ClientDescription client) => Calls.All(call => call.CanBeSaidBy(client));

    public bool Mentions(string variable) =>
        Calls.Any(call => call.Parameters.ToJsonString().Contains("${" + variable + "}", StringComparison.Ordinal));

    private static IEnumerable<Scenario> Read(string path)
    {
        using var file = File.OpenRead(path);
        var scenarios = JsonSerializer.Deserialize<Dictionary<string, List<ScenarioCall>>>(file, s_json)!;
        return scenarios.Select(scenario => new Scenario(Path.GetFileNameWithoutExtension(path), scenario.Key, scenario.Value)).ToArray();
    }
}
