using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// A value in an answer, from its bytes straight into the writer: text as a JSON string, binary as padded base64. Requests carry their
/// values as <see cref="Aws.Sensitive"/>, since only the operation knows which member they came from.
/// </summary>
internal sealed class SecretPayloadConverter : JsonConverter<SecretPayload>
{
    public override SecretPayload Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Only answers hold payloads.");

    public override void Write(Utf8JsonWriter writer, SecretPayload value, JsonSerializerOptions options)
    {
        if (value.IsText) writer.WriteStringValue(value.Reveal());
        else writer.WriteBase64StringValue(value.Reveal());
    }
}
