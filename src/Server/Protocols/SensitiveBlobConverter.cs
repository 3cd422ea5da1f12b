using System.Text.Json;
using System.Text.Json.Serialization;
using Rekey.Aws;

namespace Rekey.Server.Protocols;

/// <summary>A secret blob (<c>SecretBinary</c>) between padded base64 in JSON and bytes.</summary>
internal sealed class SensitiveBlobConverter : JsonConverter<Sensitive>
{
    public override Sensitive Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetBytesFromBase64());

    public override void Write(Utf8JsonWriter writer, Sensitive value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Reveal());
}
