using System.Text;

namespace Rekey.Server.Tests.Protocols;

/// <summary>Bodies that no honest client sends, each with the code it must get.</summary>
internal static class MalformedBodies
{
    private const string Serialization = "SerializationException";
    private const string Validation = "ValidationException";

    /// <summary>The code of a body that is as good as an empty structure: what the operation says to one.</summary>
    public const string AsEmpty = "as empty";

    /// <summary>Bodies for an operation of which <paramref name="member"/> is a text, and no secret.</summary>
    public static IEnumerable<(string Name, byte[] Body, string Code)> Small(string member) =>
        Texts().Concat(Bytes()).Select(body => body with { Body = Renamed(body.Body, member) });

    private static IEnumerable<(string Name, byte[] Body, string Code)> Texts()
    {
        (string Name, string Body)[] broken =
        [
            ("nothing", ""), ("white space", " \n\t"), ("null", "null"), ("list", "[]"), ("text", "\"SecretId\""), ("number", "1"),
            ("true", "true"), ("list of a structure", "[{}]"), ("two commas", """{"SecretId":"a",,"x":1}"""),
            ("open", "{"), ("closed twice", "{}}"), ("two documents", "{}{}"), ("words", "SecretId=a"), ("xml", "<a/>"),
            ("no value", """{"SecretId":}"""), ("no colon", """{"SecretId" "a"}"""), ("trailing comma", """{"SecretId":"a",}"""),
            ("leading comma", """{,"SecretId":"a"}"""), ("single quotes", "{'SecretId':'a'}"), ("unquoted name", """{SecretId:"a"}"""),
            ("line comment", "{} // x"), ("block comment", """{"SecretId":/*x*/"a"}"""), ("not a number", """{"SecretId":NaN}"""),
            ("infinity", """{"x":Infinity}"""), ("leading zero", """{"x":01}"""), ("plus", """{"x":+1}"""), ("bare point", """{"x":.5}"""),
            ("hex", """{"x":0x10}"""), ("True", """{"x":True}"""), ("cut escape", "{\"SecretId\":\"a\\"),
            ("bad escape", """{"SecretId":"\q"}"""),
            ("short escape", """{"SecretId":"\u12"}"""), ("no end of text", """{"SecretId":"a"""),
            ("line feed in text", "{\"SecretId\":\"a\nb\"}"),
            ("NUL in text", "{\"SecretId\":\"a\0b\"}"), ("NUL after", "{\"SecretId\":\"a\"}\0"),
            ("escaped NUL", """{"SecretId":"a\u0000b"}"""),
            ("lone high surrogate", """{"SecretId":"\ud800"}"""), ("lone low surrogate", """{"SecretId":"\udc00"}"""),
            ("surrogates reversed", """{"SecretId":"\udc00\ud800"}"""), ("half a pair", """{"SecretId":"\ud83dx"}"""),
            ("same member twice", """{"SecretId":"a","SecretId":"b"}"""),
            ("same member, other spelling", """{"SecretId":"a","\u0053ecretId":"a"}"""),
            ("same member, null", """{"SecretId":"a","SecretId":null}"""), ("number for text", """{"SecretId":1}"""),
            ("huge number for text", $$"""{"SecretId":{{new string('9', 100_000)}}}"""), ("list for text", """{"SecretId":["a"]}"""),
            ("structure for text", """{"SecretId":{"a":"b"}}"""), ("flag for text", """{"SecretId":true}"""),
            ("deep lists", Deep("[", "]", 100_000)), ("deep lists in a member", """{"SecretId":""" + Deep("[", "]", 100_000) + "}"),
            ("deep structures", Deep("{\"a\":", "}", 100_000)),
            ("deep unknown member", """{"SecretId":"a","x":""" + Deep("[", "]", 100) + "}"),
            ("unclosed depth", new string('[', 100_000)),
        ];
        foreach (var (name, body) in broken) yield return (name, Encoding.UTF8.GetBytes(body), Serialization);
        yield return ("empty structure", "{}"u8.ToArray(), AsEmpty);
        yield return ("wrong case", """{"secretId":"a"}"""u8.ToArray(), AsEmpty);
        yield return ("lone surrogate in an unknown member", """{"x":"\ud800"}"""u8.ToArray(), AsEmpty);
        yield return ("huge number in an unknown member", Encoding.UTF8.GetBytes($$"""{"x":{{new string('9', 100_000)}}}"""), AsEmpty);
        yield return ("huge exponent in an unknown member", """{"x":1e999999999}"""u8.ToArray(), AsEmpty);
    }

    private static IEnumerable<(string Name, byte[] Body, string Code)> Bytes()
    {
        (string Name, byte[] Text)[] broken =
        [
            ("overlong NUL", [0xC0, 0x80]), ("overlong slash", [0xE0, 0x80, 0xAF]), ("overlong in four bytes", [0xF0, 0x80, 0x80, 0xAF]),
            ("encoded surrogate", [0xED, 0xA0, 0x80]), ("beyond Unicode", [0xF4, 0x90, 0x80, 0x80]),
            ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]),
            ("lone continuation", [0x80]), ("cut short", [0xE2, 0x82]), ("0xFF", [0xFF]), ("Latin-1", [0xE4]),
        ];
        foreach (var (name, text) in broken)
        {
            yield return (name, [.. "{\"SecretId\":\""u8, .. text, .. "\"}"u8], Serialization);
            yield return (name + " in a name", [.. "{\"x"u8, .. text, .. "\":1}"u8], Serialization);
        }
        yield return ("byte order mark", [0xEF, 0xBB, 0xBF, .. "{\"SecretId\":\"a\"}"u8], Serialization);
        yield return ("UTF-16", Encoding.Unicode.GetBytes("""{"SecretId":"a"}"""), Serialization);
        yield return ("gzip", [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3, 0xAB, 0x56], Serialization);
        yield return ("random", [.. Enumerable.Range(0, 256).Select(value => (byte)value)], Serialization);
    }

    /// <summary>Bodies near the largest that is read, for an operation of which <paramref name="member"/> is a text.</summary>
    public static IEnumerable<(string Name, byte[] Body, string Code)> Large(string member)
    {
        yield return ("many unknown members", Members(80_000), AsEmpty);
        var same = "{" + string.Join(',', Enumerable.Repeat("\"a\":1", 100_000)) + "}";
        yield return ("many equal unknown members", Encoding.UTF8.GetBytes(same), AsEmpty);
        yield return ("a million members", Members(1_000_000), "RequestEntityTooLargeException");
        yield return ("long name", Encoding.UTF8.GetBytes($$"""{"{{new string('a', 900_000)}}":1}"""), AsEmpty);
        yield return ("long text", Encoding.UTF8.GetBytes($$"""{"{{member}}":"{{new string('a', 900_000)}}"}"""), Validation);
        yield return ("exactly at the limit", Padded(Limits.RequestBodyBytesMax), AsEmpty);
        yield return ("a byte beyond the limit", Padded(Limits.RequestBodyBytesMax + 1), "RequestEntityTooLargeException");
    }

    /// <summary>The bodies are written with SecretId for the member, once with its first letter escaped and once in another case.</summary>
    private static byte[] Renamed(byte[] body, string member) => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(body)
        .Replace("SecretId", member, StringComparison.Ordinal)
        .Replace("\\u0053ecretId", $"\\u{(int)member[0]:x4}{member[1..]}", StringComparison.Ordinal)
        .Replace("secretId", char.ToLowerInvariant(member[0]) + member[1..], StringComparison.Ordinal));

    private static byte[] Members(int count) =>
        Encoding.UTF8.GetBytes("{" + string.Join(',', Enumerable.Range(0, count).Select(number => $"\"{number}\":1")) + "}");

    private static byte[] Padded(int length) => [.. "{}"u8, .. Enumerable.Repeat((byte)' ', length - 2)];

    private static string Deep(string open, string close, int levels) =>
        new StringBuilder().Insert(0, open, levels).Append('1').Insert(open.Length * levels + 1, close, levels).ToString();
}
