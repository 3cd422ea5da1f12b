using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>
/// The constraints of the service model, as far as the random calls break them: a ValidationException that names all of them, in the order
/// of the request's members and then those that are missing.
/// </summary>
internal static class Constraints
{
    /// <summary>Longest and shortest length in characters.</summary>
    private static readonly Dictionary<string, (int Min, int Max)> Lengths = new()
    {
        ["Name"] = (1, 512),
        ["SecretId"] = (1, 2048),
        ["ClientRequestToken"] = (32, 64),
        ["VersionId"] = (32, 64),
        ["MoveToVersionId"] = (32, 64),
        ["RemoveFromVersionId"] = (32, 64),
        ["VersionStage"] = (1, 256),
        ["Description"] = (0, 2048),
        ["NextToken"] = (1, 4096),
        ["SecretString"] = (1, 65_536),
    };

    private static readonly Dictionary<string, (int Min, int Max)> Ranges = new()
    {
        ["MaxResults"] = (1, 100),
        ["BatchGetSecretValue.MaxResults"] = (1, 20),
        ["PasswordLength"] = (1, 4096),
    };

    private static readonly Dictionary<string, string[]> Enums = new()
    {
        ["SortBy"] = ["created-date", "last-accessed-date", "last-changed-date", "name"],
        ["SortOrder"] = ["asc", "desc"],
    };

    private static readonly Dictionary<string, string[]> Required = new()
    {
        ["CreateSecret"] = ["Name"],
        ["UpdateSecretVersionStage"] = ["SecretId", "VersionStage"],
        ["TagResource"] = ["SecretId", "Tags"],
        ["UntagResource"] = ["SecretId", "TagKeys"],
        ["ListSecrets"] = [],
        ["BatchGetSecretValue"] = [],
        ["GetRandomPassword"] = [],
        ["PutResourcePolicy"] = ["SecretId", "ResourcePolicy"],
        ["ValidateResourcePolicy"] = ["ResourcePolicy"],
        ["ReplicateSecretToRegions"] = ["SecretId", "AddReplicaRegions"],
        ["RemoveRegionsFromReplication"] = ["SecretId", "RemoveReplicaRegions"],
    };

    public static void Demand(Call call)
    {
        var violations = new List<string>();
        foreach (var (member, value) in call.Request)
        {
            if (value is JsonValue scalar && Broken(call, member, scalar) is { } broken) violations.Add(broken);
        }
        foreach (var member in Required.GetValueOrDefault(call.Operation, ["SecretId"]))
        {
            if (call.Request[member] is null) violations.Add(Violation("Value null", member, "Member must not be null"));
        }
        if (violations.Count == 0) return;
        var head = violations.Count == 1 ? "1 validation error detected: " : $"{violations.Count} validation errors detected: ";
        throw Refusal.Framework("ValidationException", head + string.Join("; ", violations));
    }

    private static string? Broken(Call call, string member, JsonValue value)
    {
        var range = Ranges.GetValueOrDefault($"{call.Operation}.{member}", Ranges.GetValueOrDefault(member));
        if (range.Max > 0 && value.TryGetValue<int>(out var number))
        {
            var given = $"Value '{number}'";
            if (number < range.Min) return Violation(given, member, $"Member must have value greater than or equal to {range.Min}");
            if (number > range.Max) return Violation(given, member, $"Member must have value less than or equal to {range.Max}");
        }
        if (!value.TryGetValue<string>(out var text)) return null;
        text = call.World.Symbols.Fill(text);
        var shown = member == "SecretString" ? "Value" : text.Length > 1024 ? $"Value '{text[..1024]}...'" : $"Value '{text}'";
        if (Enums.TryGetValue(member, out var values) && !values.Contains(text))
            return Violation(shown, member, $"Member must satisfy enum value set: [{string.Join(", ", values)}]");
        if (!Lengths.TryGetValue(member, out var length)) return null;
        if (text.Length < length.Min) return Violation(shown, member, $"Member must have length greater than or equal to {length.Min}");
        return text.Length > length.Max ? Violation(shown, member, $"Member must have length less than or equal to {length.Max}") : null;
    }

    private static string Violation(string value, string member, string constraint) =>
        $"{value} at '{char.ToLowerInvariant(member[0])}{member[1..]}' failed to satisfy constraint: {constraint}";
}
