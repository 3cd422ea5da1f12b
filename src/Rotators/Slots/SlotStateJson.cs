using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rekey.Rotators.Slots;

/// <summary>The journal as it is stored.</summary>
public static class SlotStateJson
{
    public static string Write(SlotState state) => JsonSerializer.Serialize(state, SlotStateContext.Default.SlotState);

    /// <summary>Null or empty is the state before the first rotation.</summary>
    public static SlotState Read(string? json) =>
        string.IsNullOrEmpty(json) ? SlotState.Empty : JsonSerializer.Deserialize(json, SlotStateContext.Default.SlotState)!;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SlotState))]
internal sealed partial class SlotStateContext : JsonSerializerContext;
