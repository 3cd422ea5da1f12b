using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rekey.Aws;

namespace Rekey.Server.Protocols;

/// <summary>A secret text (<c>SecretString</c>) between JSON and bytes, without a string in between.</summary>
internal sealed class SensitiveTextConverter : JsonConverter<Sensitive>
{
    public override Sensitive Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String) throw new JsonException();
        if (!reader.ValueIsEscaped) return Sensitive.CopyOf(reader.ValueSpan);
        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            return Sensitive.CopyOf(rented.AsSpan(0, reader.CopyString(rented)));
        }
        finally
        {
            rented.AsSpan(0, reader.ValueSpan.Length).Clear();
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public override void Write(Utf8JsonWriter writer, Sensitive value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Reveal());
}
