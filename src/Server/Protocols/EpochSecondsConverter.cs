using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rekey.Server.Protocols;

/// <summary>A timestamp as AWS JSON writes it: seconds since 1970 as a number, with up to three decimals.</summary>
internal sealed class EpochSecondsConverter : JsonConverter<DateTimeOffset>
{
    private const int DigitsMax = 24;

    // The years 1 to 9999.
    private const double MillisecondsMin = -62_135_596_800_000;
    private const double MillisecondsMax = 253_402_300_799_999;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var seconds)) throw new JsonException();
        var milliseconds = Math.Round(seconds * 1000);
        if (milliseconds is < MillisecondsMin or > MillisecondsMax) throw new JsonException();
        return DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        var milliseconds = value.ToUnixTimeMilliseconds();
        Span<byte> text = stackalloc byte[DigitsMax];
        ((decimal)milliseconds / 1000).TryFormat(text, out var length, "0.###", CultureInfo.InvariantCulture);
        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }
}
