using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Rekey.Aws;

namespace Rekey.Server.Protocols.Shapes;

/// <summary>
/// Holds a JSON request against the shape of its operation before anything is bound: types first (SerializationException at the first
/// fault), then constraints (one ValidationException that names all of them). Nothing is allocated for a request without fault.
/// </summary>
internal static class RequestValidator
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = Limits.JsonDepthMax };

    public static void Demand(Shape input, ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) throw FrameworkErrors.Serialization("The request is not valid UTF-8.");
        var violations = new Violations();
        try
        {
            var reader = new Utf8JsonReader(body, s_options);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw Misplaced(reader.TokenType, input);
            Structure(ref reader, input, ref violations);
            reader.Read(); // throws on anything but white space
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // A syntax fault, or half of a surrogate pair. The reader's text may quote the body: it is dropped.
            throw FrameworkErrors.Serialization("The request is not valid JSON.");
        }
        violations.ThrowIfAny();
    }

    private static void Structure(ref Utf8JsonReader reader, Shape shape, ref Violations violations)
    {
        ulong seen = 0, given = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = MemberOf(ref reader, shape);
            if (member is null)
            {
                reader.Skip(); // like AWS
                continue;
            }
            if ((seen & member.Bit) != 0) throw FrameworkErrors.Serialization("A member appears twice in the request.");
            seen |= member.Bit;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            given |= member.Bit;
            violations.Enter(member.Path);
            Value(ref reader, member.Shape, ref violations);
            violations.Leave();
        }
        if ((shape.RequiredMembers & ~given) == 0) return;
        foreach (var member in shape.Members)
            if ((shape.RequiredMembers & ~given & member.Bit) != 0) violations.AddNull(member.Path);
    }

    private static Member? MemberOf(ref Utf8JsonReader reader, Shape shape)
    {
        // Half of a surrogate pair is refused, whichever name it might have been: a comparison would find it for some lengths only.
        if (reader.ValueIsEscaped) _ = reader.GetString();
        foreach (var member in shape.Members)
            if (reader.ValueTextEquals(member.Utf8Name)) return member;
        return null;
    }

    private static void Value(ref Utf8JsonReader reader, Shape shape, ref Violations violations)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Text when reader.TokenType == JsonTokenType.String:
                Text(ref reader, shape, ref violations);
                break;
            case ShapeKind.Blob when reader.TokenType == JsonTokenType.String:
                Blob(ref reader, shape, ref violations);
                break;
            case ShapeKind.Boolean when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                break;
            case ShapeKind.Integer or ShapeKind.Long when reader.TokenType == JsonTokenType.Number:
                Whole(ref reader, shape, ref violations);
                break;
            case ShapeKind.Number or ShapeKind.Timestamp when reader.TokenType == JsonTokenType.Number:
                if (!reader.TryGetDouble(out var number) || !double.IsFinite(number)) throw OutOfRange();
                break;
            case ShapeKind.Structure when reader.TokenType == JsonTokenType.StartObject:
                Structure(ref reader, shape, ref violations);
                break;
            case ShapeKind.List when reader.TokenType == JsonTokenType.StartArray:
                List(ref reader, shape, ref violations);
                break;
            case ShapeKind.Map when reader.TokenType == JsonTokenType.StartObject:
                Map(ref reader, shape, ref violations);
                break;
            default:
                throw Misplaced(reader.TokenType, shape);
        }
    }

    private static void Text(ref Utf8JsonReader reader, Shape shape, ref Violations violations)
    {
        if (!reader.ValueIsEscaped)
        {
            Characters(reader.ValueSpan, shape, ref violations);
            return;
        }
        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var length = Unescape(ref reader, rented);
            Characters(rented.AsSpan(0, length), shape, ref violations);
        }
        finally
        {
            rented.AsSpan(0, reader.ValueSpan.Length).Clear();
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void Characters(ReadOnlySpan<byte> text, Shape shape, ref Violations violations)
    {
        // No text of a model may hold NUL, which PostgreSQL cannot store; a payload may, it is stored sealed.
        if (!shape.IsSensitive && text.Contains((byte)0)) throw FrameworkErrors.Serialization("A text holds the character U+0000.");
        if (shape.Min is { } min && text.Length < min * 4 && CountCharacters(text) < min) violations.AddShort(text, shape);
        if (shape.Max is { } max && text.Length > max && CountCharacters(text) > max) violations.AddLong(text, shape);
        if (shape.Enum is { } values && !Contains(values, text)) violations.AddEnum(text, shape);
        if (shape.Pattern is not null && !shape.PatternRegex!.IsMatch(Encoding.UTF8.GetString(text))) violations.AddPattern(text, shape);
    }

    private static void Blob(ref Utf8JsonReader reader, Shape shape, ref Violations violations)
    {
        // Base64 has no character that JSON must escape, but "/" may be: the reader decodes that rare form.
        int length;
        if (reader.ValueIsEscaped)
        {
            if (!reader.TryGetBytesFromBase64(out var bytes)) throw NotBase64();
            length = bytes.Length;
            bytes.AsSpan().Clear();
        }
        else if (!Base64.IsValid(reader.ValueSpan, out length))
        {
            throw NotBase64();
        }
        if (shape.Min is { } min && length < min) violations.AddShort([], shape);
        if (shape.Max is { } max && length > max) violations.AddLong([], shape);
    }

    private static void Whole(ref Utf8JsonReader reader, Shape shape, ref Violations violations)
    {
        if (!reader.TryGetInt64(out var value)) throw OutOfRange();
        if (shape.Kind == ShapeKind.Integer && value is < int.MinValue or > int.MaxValue) throw OutOfRange();
        if (shape.IsRangeUnchecked) return;
        if (shape.Min is { } min && value < min) violations.AddSmall(value, shape);
        if (shape.Max is { } max && value > max) violations.AddLarge(value, shape);
    }

    private static void List(ref Utf8JsonReader reader, Shape shape, ref Violations violations)
    {
        var start = reader;
        var before = violations.Count;
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            violations.EnterElement(++count);
            if (reader.TokenType == JsonTokenType.Null) violations.AddNull(path: null);
            else Value(ref reader, shape.Element!, ref violations);
            violations.Leave();
        }
        if (shape.Element!.IsScalar && violations.Count > before) violations.MergeElements(before, start, shape);
        if (shape.Min is { } min && count < min) violations.AddShort(start, shape);
        if (shape.Max is { } max && count > max) violations.AddLong(start, shape);
    }

    private static void Map(ref Utf8JsonReader reader, Shape shape, ref Violations violations)
    {
        var start = reader;
        var count = 0;
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            count++;
            var key = reader.GetString()!;
            if (!keys.Add(key)) throw FrameworkErrors.Serialization("A key appears twice in the request.");
            violations.Enter(key);
            Text(ref reader, shape.Key!, ref violations);
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) violations.AddNull(path: null);
            else Value(ref reader, shape.Element!, ref violations);
            violations.Leave();
        }
        if (shape.Min is { } min && count < min) violations.AddShort(start, shape);
        if (shape.Max is { } max && count > max) violations.AddLong(start, shape);
    }

    private static int Unescape(ref Utf8JsonReader reader, byte[] target) => reader.CopyString(target);

    /// <summary>Unicode scalar values: what the models count.</summary>
    private static int CountCharacters(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var unit in utf8)
            if ((unit & 0xC0) != 0x80) count++;
        return count;
    }

    private static bool Contains(string[] values, ReadOnlySpan<byte> text)
    {
        foreach (var value in values)
            if (value.Length == text.Length && Ascii.Equals(text, value)) return true;
        return false;
    }

    private static ServiceException Misplaced(JsonTokenType token, Shape shape) => FrameworkErrors.Serialization(token switch
    {
        JsonTokenType.StartObject => "Start of structure or map found where not expected.",
        JsonTokenType.StartArray => "Start of list found where not expected.",
        JsonTokenType.String => $"STRING_VALUE can not be converted to {Article(shape)}",
        JsonTokenType.Number => $"NUMBER_VALUE can not be converted to {Article(shape)}",
        JsonTokenType.True => $"TRUE_VALUE can not be converted to {Article(shape)}",
        JsonTokenType.False => $"FALSE_VALUE can not be converted to {Article(shape)}",
        _ => "Unexpected token in the request.",
    });

    private static string Article(Shape shape) => shape.Kind switch
    {
        ShapeKind.Text => "a String",
        ShapeKind.Blob => "a Blob",
        ShapeKind.Boolean => "a Boolean",
        ShapeKind.Integer => "an Integer",
        ShapeKind.Long => "a Long",
        ShapeKind.Number => "a Double",
        ShapeKind.Timestamp => "a Timestamp",
        ShapeKind.List => "a List",
        ShapeKind.Map => "a Map",
        _ => "a Structure",
    };

    private static ServiceException OutOfRange() =>
        FrameworkErrors.Serialization("A number in the request is out of range for its member.");

    private static ServiceException NotBase64() => FrameworkErrors.Serialization("A blob in the request is not valid base64.");
}
