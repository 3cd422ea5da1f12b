using Rekey.Aws;
using Rekey.Rotators.MongoDb;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MongoDb;

public sealed class BsonTests
{
    [Fact]
    public void Written_IsReadAgain()
    {
        using var writer = new BsonWriter(headerBytes: 3);
        using var secret = Sensitive.FromText("pässwörd");
        writer.Text("text", "名前").Text("secret", secret).Int32("number", -7).Boolean("yes", true).Binary("bytes", [1, 2, 3])
            .Document("inner", inner => inner.Text("a", "").Texts("list", ["x", "y"]));
        var document = new BsonDocument(writer.Finish()[3..]);

        document.FindText("text").ShouldBe("名前");
        document.FindText("secret").ShouldBe("pässwörd");
        document.FindNumber("number").ShouldBe(-7);
        document.FindBoolean("yes").ShouldBeTrue();
        document.Find("bytes")!.AsBinary()!.Value.ToArray().ShouldBe([1, 2, 3]);
        document.FindDocument("inner")!.Value.FindTexts("list").ShouldBe(["x", "y"]);
        document.FindDocument("inner")!.Value.FindText("a").ShouldBe("");
        document.Find("absent").ShouldBeNull();
        document.FindText("number").ShouldBeNull();
        document.FindNumber("text").ShouldBeNull();
    }

    /// <summary>The example of bsonspec.org, byte for byte.</summary>
    [Fact]
    public void HelloWorld_IsAsSpecified()
    {
        using var writer = new BsonWriter();
        writer.Text("hello", "world").Finish().ToArray().ShouldBe("\x16\0\0\0\x02hello\0\x06\0\0\0world\0\0"u8.ToArray());
    }

    [Fact]
    public void EveryKindOfValue_IsPassedOver()
    {
        byte[] values =
        [
            0x01, (byte)'a', 0, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F, // a double that is no number
            0x05, (byte)'b', 0, 2, 0, 0, 0, 4, 9, 9,
            0x06, (byte)'c', 0,
            0x07, (byte)'d', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
            0x08, (byte)'e', 0, 1,
            0x09, (byte)'f', 0, 1, 0, 0, 0, 0, 0, 0, 0,
            0x0A, (byte)'g', 0,
            0x0B, (byte)'h', 0, (byte)'x', 0, (byte)'i', 0,
            0x0C, (byte)'i', 0, 2, 0, 0, 0, (byte)'n', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
            0x0D, (byte)'j', 0, 2, 0, 0, 0, (byte)'1', 0,
            0x0E, (byte)'k', 0, 2, 0, 0, 0, (byte)'s', 0,
            0x0F, (byte)'l', 0, 15, 0, 0, 0, 2, 0, 0, 0, (byte)'1', 0, 5, 0, 0, 0, 0,
            0x11, (byte)'m', 0, 5, 0, 0, 0, 7, 0, 0, 0,
            0x12, (byte)'n', 0, 255, 255, 255, 255, 255, 255, 255, 255,
            0x13, (byte)'o', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
            0xFF, (byte)'p', 0,
            0x7F, (byte)'q', 0,
            0x02, (byte)'z', 0, 4, 0, 0, 0, (byte)'e', (byte)'n', (byte)'d', 0,
        ];
        var document = new BsonDocument((byte[])[(byte)(values.Length + 5), 0, 0, 0, .. values, 0]);
        string.Concat(document.Elements().Select(element => element.Name)).ShouldBe("abcdefghijklmnopqz");
        document.FindText("z").ShouldBe("end");
        document.Find("m")!.AsTimestamp().ShouldBe(5UL + (7UL << 32));
        document.FindNumber("n").ShouldBe(-1);
        document.FindNumber("a").ShouldBeNull();
    }

    /// <summary>Whatever a server sends, reading ends with a value or with one kind of exception.</summary>
    [Fact]
    public void DamagedDocument_IsInvalidData()
    {
        using var writer = new BsonWriter();
        var whole = writer.Text("user", "app").Document("inner", inner => inner.Int32("n", 1).Binary("b", [1, 2])).Texts("list", ["x"])
            .Finish().ToArray();
        var damaged = 0;
        for (var place = 0; place < whole.Length; place++)
        {
            foreach (var value in (byte[])[0, 1, 4, 0x7F, 0x80, 0xFF])
            {
                var bytes = whole.ToArray();
                bytes[place] = value;
                damaged += Walk(bytes) ? 0 : 1;
            }
            Walk(whole[..place]).ShouldBeFalse();
        }
        damaged.ShouldBeGreaterThan(whole.Length);
    }

    [Fact]
    public void NameWithNul_IsRefused()
    {
        using var writer = new BsonWriter();
        Should.Throw<ArgumentException>(() => writer.Int32("a\0b", 1));
    }

    /// <summary>False when it is malformed.</summary>
    private static bool Walk(byte[] bytes)
    {
        try
        {
            Walk(BsonDocument.FirstOf(bytes));
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static void Walk(BsonDocument document)
    {
        foreach (var element in document.Elements())
        {
            _ = (element.AsText(), element.AsNumber(), element.AsBoolean(), element.AsBinary(), element.AsTimestamp());
            if (element.AsDocument() is { } inner) Walk(inner);
        }
    }
}
