using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// The tokens of a policy text in order, with the place of each. Strict JSON (RFC 8259): no comments, no trailing commas, no byte order
/// mark, valid UTF-8, no lone surrogates. Every failure is a <see cref="PolicySyntaxException"/>.
/// </summary>
internal ref struct PolicyReader
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = Limits.PolicyDepthMax };

    private readonly ReadOnlySpan<byte> _text;
    private readonly List<string> _path;
    private Utf8JsonReader _json;

    public PolicyReader(ReadOnlySpan<byte> text)
    {
        _text = text;
        _path = ["$"];
        _json = new Utf8JsonReader(text, s_options);
        if (text.Length > Limits.PolicyBytesMax)
            throw Error(PolicyFault.TooLarge, $"A policy must have at most {Limits.PolicyBytesMax} bytes.", 0);
        if (!Utf8.IsValid(text)) throw Error(PolicyFault.Json, "The text is not valid UTF-8.", FirstInvalidByte(text));
    }

    public readonly JsonTokenType Token => _json.TokenType;

    /// <summary>Where the current token begins, in bytes from the start of the text.</summary>
    public readonly int Offset => (int)_json.TokenStartIndex;

    /// <summary>Where the name of the member begins whose value was entered last, in bytes.</summary>
    public int NameOffset { get; private set; }

    public void Read()
    {
        try
        {
            if (!_json.Read()) throw Error(PolicyFault.Json, "The text ends too early.", _text.Length);
        }
        catch (JsonException broken)
        {
            throw Error(PolicyFault.Json, "The text is not valid JSON.", OffsetOf(broken));
        }
    }

    /// <summary>Goes to the next element of an array; false at its end. The caller reads the element to its own end.</summary>
    public bool ReadElement(int index)
    {
        if (index > 0) Leave();
        Read();
        if (Token == JsonTokenType.EndArray) return false;
        Enter(index);
        return true;
    }

    /// <summary>The current value: one string or an array of them, at least one, each turned into an item.</summary>
    public ImmutableArray<T> ReadList<T>(string what, ItemReader<T> read)
    {
        if (Token == JsonTokenType.String) return [read(ref this, Unescaped())];
        if (Token != JsonTokenType.StartArray) throw WrongType(what, "a string or an array of strings");
        var items = ImmutableArray.CreateBuilder<T>();
        while (ReadElement(items.Count)) items.Add(read(ref this, Text($"Each value of {what}")));
        if (items.Count == 0) throw Error(PolicyFault.MissingElement, $"{what} must not be empty.");
        return items.DrainToImmutable();
    }

    /// <summary>Demands that nothing but white space follows.</summary>
    public void ReadEnd()
    {
        try
        {
            if (_json.Read()) throw Error(PolicyFault.Json, "Something follows the end of the policy.");
        }
        catch (JsonException broken)
        {
            throw Error(PolicyFault.Json, "Something follows the end of the policy.", OffsetOf(broken));
        }
    }

    /// <summary>Goes to the value of the next member and returns its name; null at the end of the object.</summary>
    public string? ReadMember(HashSet<string> seen)
    {
        Read();
        if (Token == JsonTokenType.EndObject) return null;
        var name = Unescaped();
        NameOffset = Offset;
        if (!seen.Add(name)) throw Error(PolicyFault.Duplicate, $"'{EchoedText.Shown(name)}' is given twice.");
        Enter("." + EchoedText.Shown(name));
        Read();
        return name;
    }

    public readonly void DemandObject(string what)
    {
        if (Token != JsonTokenType.StartObject) throw WrongType(what, "an object");
    }

    /// <summary>The text of the current value, which must be a string.</summary>
    public readonly string Text(string what) => Token == JsonTokenType.String ? Unescaped() : throw WrongType(what, "a string");

    /// <summary>The text of the current value, which may also be a number or a Boolean: its text is what stands in the policy.</summary>
    public readonly string Scalar(string what) => Token switch
    {
        JsonTokenType.String => Unescaped(),
        JsonTokenType.Number => Encoding.ASCII.GetString(_json.ValueSpan),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => throw WrongType(what, "a string, a number or a Boolean"),
    };

    public readonly void Enter(string step) => _path.Add(step);

    public readonly void Enter(int index) => _path.Add(string.Create(CultureInfo.InvariantCulture, $"[{index}]"));

    public readonly void Leave() => _path.RemoveAt(_path.Count - 1);

    public readonly PolicySyntaxException WrongType(string what, string wanted) =>
        Error(PolicyFault.WrongType, $"{what} must be {wanted}.");

    /// <summary>An error at the current token.</summary>
    public readonly PolicySyntaxException Error(PolicyFault fault, string message) => Error(fault, message, Offset);

    /// <summary>An error in the name of the current member.</summary>
    public readonly PolicySyntaxException ErrorInName(PolicyFault fault, string message) => Error(fault, message, NameOffset);

    public readonly PolicySyntaxException Error(PolicyFault fault, string message, int offset)
    {
        var before = _text[..Math.Min(offset, _text.Length)];
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        var column = 1;
        foreach (var unit in before[lineStart..])
            if ((unit & 0xC0) != 0x80) column++;
        return new PolicySyntaxException(fault, message, before.Count((byte)'\n') + 1, column, string.Concat(_path));
    }

    /// <summary>
    /// The version decides how statements are read, and may stand behind them: so it is looked for before. What is wrong with the text is
    /// found by whoever reads it next, in the order in which it stands.
    /// </summary>
    public static PolicyVersion FindVersion(ReadOnlySpan<byte> text)
    {
        var json = new Utf8JsonReader(text, s_options);
        try
        {
            while (json.Read())
            {
                if (json.TokenType != JsonTokenType.PropertyName || json.CurrentDepth != 1 || !json.ValueTextEquals("Version"u8)) continue;
                json.Read();
                return json.TokenType == JsonTokenType.String && json.ValueTextEquals("2012-10-17"u8)
                    ? PolicyVersion.V2012
                    : PolicyVersion.V2008;
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Not JSON, or half of a surrogate pair.
        }
        return PolicyVersion.V2008;
    }

    private readonly string Unescaped()
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // UTF-8 was checked before, so it is an escape: half of a surrogate pair.
            throw Error(PolicyFault.Json, "The text has half of a surrogate pair.");
        }
    }

    private readonly int OffsetOf(JsonException broken)
    {
        var lineStart = 0;
        for (var line = broken.LineNumber ?? 0; line > 0; line--)
        {
            var end = _text[lineStart..].IndexOf((byte)'\n');
            if (end < 0) break;
            lineStart += end + 1;
        }
        return (int)Math.Min(lineStart + (broken.BytePositionInLine ?? 0), _text.Length);
    }

    private static int FirstInvalidByte(ReadOnlySpan<byte> text)
    {
        var offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out var length) == System.Buffers.OperationStatus.Done) offset += length;
        return offset;
    }
}

/// <summary>Turns the text of a value into what it means; the reader stands on the value.</summary>
internal delegate T ItemReader<T>(ref PolicyReader reader, string text);
