using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rekey.Server.Protocols.Shapes;

/// <summary>
/// An offending value as violation texts show it: <c>Value 'x'</c>, lists as <c>[a, b]</c>, structures as <c>Name(member=value)</c>, cut at
/// <see cref="Limits.ViolationValueCharsMax"/>. A sensitive value leaves nothing but the word <c>Value</c>, or a mask inside a list.
/// </summary>
internal static class ValueText
{
    private const string Mask = "***Sensitive Data Redacted***";

    public static string Of(ReadOnlySpan<byte> text, Shape shape) => shape.IsSensitive || shape.Kind == ShapeKind.Blob
        ? "Value"
        : Quote(Encoding.UTF8.GetString(text));

    public static string Of(long value, Shape shape) => shape.IsSensitive ? "Value" : Quote(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A list or map, from the token that opens it.</summary>
    public static string Of(Utf8JsonReader start, Shape shape)
    {
        var text = new StringBuilder();
        Append(ref start, shape, text);
        return Quote(text.ToString());
    }

    private static string Quote(string text)
    {
        var kept = Limits.ViolationValueCharsMax;
        if (text.Length <= kept) return $"Value '{text}'";
        if (char.IsHighSurrogate(text[kept - 1])) kept--;
        return $"Value '{text.AsSpan(0, kept)}...'";
    }

    private static void Append(ref Utf8JsonReader reader, Shape shape, StringBuilder text)
    {
        if (text.Length > Limits.ViolationValueCharsMax)
        {
            reader.Skip();
            return;
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                Elements(ref reader, shape, text);
                break;
            case JsonTokenType.StartObject when shape.Kind == ShapeKind.Structure:
                Members(ref reader, shape, text);
                break;
            case JsonTokenType.StartObject:
                Entries(ref reader, shape, text);
                break;
            default:
                text.Append(shape.IsSensitive || shape.Kind == ShapeKind.Blob ? Mask : Scalar(ref reader));
                break;
        }
    }

    private static void Elements(ref Utf8JsonReader reader, Shape shape, StringBuilder text)
    {
        text.Append('[');
        for (var first = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; first = false)
        {
            if (!first) text.Append(", ");
            Append(ref reader, shape.Element!, text);
        }
        text.Append(']');
    }

    private static void Members(ref Utf8JsonReader reader, Shape shape, StringBuilder text)
    {
        text.Append(shape.Name).Append('(');
        var first = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            var member = Array.Find(shape.Members, candidate => candidate.Name == name);
            reader.Read();
            if (member is null)
            {
                reader.Skip();
                continue;
            }
            if (!first) text.Append(", ");
            first = false;
            text.Append(member.Path).Append('=');
            Append(ref reader, member.Shape, text);
        }
        text.Append(')');
    }

    private static void Entries(ref Utf8JsonReader reader, Shape shape, StringBuilder text)
    {
        text.Append('{');
        for (var first = true; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; first = false)
        {
            if (!first) text.Append(", ");
            text.Append(reader.GetString()).Append('=');
            reader.Read();
            Append(ref reader, shape.Element!, text);
        }
        text.Append('}');
    }

    private static string Scalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Null => "null",
        _ => Encoding.UTF8.GetString(reader.ValueSpan),
    };
}
