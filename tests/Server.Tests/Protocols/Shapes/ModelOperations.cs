using System.Text.Json;
using Rekey.Server.Protocols.Shapes;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>An operation of the model; <paramref name="Output"/> null: it answers an empty body.</summary>
internal sealed record ModelCall(string Name, ModelShape Input, ModelShape? Output, string[] Errors);

internal static class ModelOperations
{
    /// <summary>All operations of Secrets Manager's model.</summary>
    public static IReadOnlyDictionary<string, ModelCall> All { get; } = Read();

    private static Dictionary<string, ModelCall> Read()
    {
        using var stream = typeof(ServiceModel).Assembly.GetManifestResourceStream("Models/secretsmanager.json")!;
        var model = JsonDocument.Parse(stream).RootElement;
        var shapes = model.GetProperty("shapes");
        return model.GetProperty("operations").EnumerateObject().ToDictionary(operation => operation.Name, operation => new ModelCall(
            operation.Name,
            ModelShape.Of(operation.Value.GetProperty("input"), shapes),
            operation.Value.TryGetProperty("output", out var output) ? ModelShape.Of(output, shapes) : null,
            [.. operation.Value.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("shape").GetString()!)]));
    }
}
