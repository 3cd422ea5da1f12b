using System.Text.Json;
using System.Text.Json.Serialization;
using Rekey.Rotators;

namespace Rekey.Server.Rotation.Configuration;

/// <summary>How settings are stored: JSON, unknown members ignored, so that an older server reads what a newer one wrote.</summary>
internal static class SettingsJson
{
    public static string Write(RotationSettings settings) =>
        JsonSerializer.Serialize(settings, SettingsJsonContext.Default.RotationSettings);

    public static RotationSettings Read(string json) =>
        JsonSerializer.Deserialize(json, SettingsJsonContext.Default.RotationSettings) ?? RotationSettings.Default;
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RotationSettings))]
internal sealed partial class SettingsJsonContext : JsonSerializerContext;
