using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>A request that breaks exactly one constraint of the model, and the text that AWS answers it with.</summary>
public sealed record ModelCase(string Operation, string Body, string Expected)
{
    /// <summary>Cases for every constraint of an operation's input, made straight from the JSON of the model.</summary>
    public static IEnumerable<ModelCase> Of(JsonElement model, string operation)
    {
        var faults = new ModelFaults(model.GetProperty("shapes"));
        var input = model.GetProperty("operations").GetProperty(operation).GetProperty("input").GetProperty("shape").GetString()!;
        return faults.OfStructure(input, path: "").Select(fault =>
        {
            var request = faults.Valid(input);
            fault.Apply(request);
            return new ModelCase(operation, request.ToJsonString(), $"1 validation error detected: {fault.Text}");
        });
    }

    public override string ToString() => $"{Operation}: {Expected[..Math.Min(100, Expected.Length)]}";
}
