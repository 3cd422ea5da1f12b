using System.Text;
using Rekey.Aws;
using Rekey.Rotators.Redis;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Redis;

/// <summary>What a server may send, however hostile it is.</summary>
public sealed class RespReaderTests
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("+OK\r\n", RespKind.Text, "OK")]
    [InlineData("-WRONGPASS no\r\n", RespKind.Error, "WRONGPASS no")]
    [InlineData(":42\r\n", RespKind.Number, "42")]
    [InlineData("$3\r\na\nb\r\n", RespKind.Text, "a\nb")]
    [InlineData("$0\r\n\r\n", RespKind.Text, "")]
    [InlineData("$-1\r\n", RespKind.Null, "")]
    [InlineData("*-1\r\n", RespKind.Null, "")]
    public async Task Value_IsRead(string bytes, object kind, string text)
    {
        var reply = await ReadAsync(bytes);
        reply.Kind.ShouldBe((RespKind)kind);
        reply.Text.ShouldBe(text);
    }

    [Fact]
    public async Task ArraysNest()
    {
        var reply = await ReadAsync("*2\r\n*1\r\n$1\r\nx\r\n*0\r\n");
        reply.Items[0].Items[0].Text.ShouldBe("x");
        reply.Items[1].Items.ShouldBeEmpty();
    }

    /// <summary>Bytes arrive as the network pleases.</summary>
    [Fact]
    public async Task EveryCut_OfAReply_IsTheSameReply()
    {
        const string Reply = "*2\r\n$5\r\nab\r\nc\r\n+OK\r\n";
        for (var cut = 1; cut < Reply.Length; cut++)
        {
            using var reader = new RespReader(new Pieces(Reply[..cut], Reply[cut..]));
            var reply = await reader.ReadAsync(_stop);
            reply.Items[0].Text.ShouldBe("ab\r\nc");
            reply.Items[1].IsOk.ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("!\r\n")]
    [InlineData("\r\n")]
    [InlineData("+OK\n")]
    [InlineData("$x\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$3\r\nabcd\r\n")]
    [InlineData("*99999999\r\n")]
    [InlineData("$99999999\r\n")]
    [InlineData("$9999999999999999999\r\n")]
    public async Task WhatIsNoReply_IsRefused(string bytes) => await ShouldRefuseAsync(bytes);

    [Fact]
    public async Task DeepNesting_IsRefused() => await ShouldRefuseAsync(string.Concat(Enumerable.Repeat("*1\r\n", 1000)));

    [Fact]
    public async Task ManyValues_AreRefused() =>
        await ShouldRefuseAsync(string.Concat(Enumerable.Repeat($"*{RespReader.ValuesMax}\r\n", 2)
            .Append(string.Concat(Enumerable.Repeat(":1\r\n", RespReader.ValuesMax)))));

    [Fact]
    public async Task LineWithoutEnd_IsRefused() => await ShouldRefuseAsync("+" + new string('a', 1024 * 1024));

    [Fact]
    public async Task ManyTexts_ThatTogetherAreTooLong_AreRefused()
    {
        var text = $"${1024 * 1024}\r\n{new string('a', 1024 * 1024)}\r\n";
        await ShouldRefuseAsync("*9\r\n" + string.Concat(Enumerable.Repeat(text, 9)));
    }

    [Fact]
    public async Task ClosedConnection_IsTold() =>
        await Should.ThrowAsync<EndOfStreamException>(() => ReadAsync("$10\r\nabc"));

    [Fact]
    public async Task Command_IsLengthsAndBytes_WhateverItsWordsHold()
    {
        using var password = Sensitive.FromText("a\r\nb \"ü");
        using var command = new RespCommand("AUTH", "$3\r\nx").Add(password).AddOctets("\u00ff");
        using var sent = new MemoryStream();
        await command.SendAsync(sent, _stop);
        var bytes = sent.ToArray();
        var expected = "*4\r\n$4\r\nAUTH\r\n$5\r\n$3\r\nx\r\n$8\r\na\r\nb \"ü\r\n$1\r\n"u8.ToArray();
        bytes.ShouldBe([.. expected, 0xff, (byte)'\r', (byte)'\n']);
        // What a server would read is what was meant.
        bytes[0] = (byte)'*';
        using var reader = new RespReader(new MemoryStream(bytes));
        (await reader.ReadAsync(_stop)).Items[2].Bytes.ShouldBe(password.Reveal().ToArray());
    }

    private async Task<RespReply> ReadAsync(string bytes)
    {
        using var reader = new RespReader(new MemoryStream(Encoding.UTF8.GetBytes(bytes)));
        return await reader.ReadAsync(_stop);
    }

    private Task<InvalidDataException> ShouldRefuseAsync(string bytes) => Should.ThrowAsync<InvalidDataException>(() => ReadAsync(bytes));

    /// <summary>A stream that gives its content piece by piece.</summary>
    private sealed class Pieces(params string[] pieces) : MemoryStream
    {
        private readonly Queue<string> _pieces = new(pieces);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(_pieces.TryDequeue(out var piece) ? Encoding.UTF8.GetBytes(piece, buffer.Span) : 0);
    }
}
