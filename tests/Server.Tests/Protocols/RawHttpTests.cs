using System.Text.RegularExpressions;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols;

/// <summary>HTTP below what a client library would send: broken framing, smuggling, oversized heads, slow senders.</summary>
public sealed partial class RawHttpTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private const string Head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n"
        + "X-Amz-Target: secretsmanager.GetSecretValue\r\n";

    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [GeneratedRegex("^HTTP/1.1 ([0-9]{3})", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex StatusLine { get; }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("POST  / HTTP/1.1\r\n\r\n")]
    [InlineData("POST /\0 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\n\r\n")]
    [InlineData(Head + "Content-Length: -1\r\n\r\n")]
    [InlineData(Head + "Content-Length: 1x\r\n\r\nx")]
    [InlineData(Head + "Content-Length: 99999999999999999999\r\n\r\n")]
    [InlineData(Head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(Head + "Content-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\n{}")]
    [InlineData(Head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")]
    [InlineData(Head + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n")]
    [InlineData(Head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n")]
    [InlineData(Head + " folded: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Head + "Bad Name: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Head + "X: a\0b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Head + "User-Agent: \u00ff\u00fe\r\nContent-Length: 0\r\n\r\n")]
    public async Task BrokenRequest_IsRefusedOnce(string request)
    {
        var statuses = await StatusesAsync(request);

        statuses.Count.ShouldBe(1);
        statuses[0].ShouldBeInRange(400, 499);
    }

    [Fact]
    public async Task UnknownHttpVersion_IsTold() => (await StatusesAsync("POST / HTTP/9.9\r\nHost: x\r\n\r\n")).ShouldBe([505]);

    [Fact]
    public async Task LengthAndChunksTogether_DoNotSmuggleASecondRequest()
    {
        var statuses = await StatusesAsync(
            Head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n");

        statuses.ShouldNotContain(200);
        statuses.ShouldAllBe(status => status >= 400 && status < 500);
    }

    [Fact]
    public async Task OversizedHeaders_AreRefused()
    {
        var many = string.Concat(Enumerable.Range(0, Limits.RequestHeadersMax + 10).Select(number => $"X-{number}: a\r\n"));
        var wide = $"X-Wide: {new string('a', Limits.RequestHeaderBytesMax)}\r\n";
        var line = $"POST /{new string('a', Limits.RequestLineBytesMax)} HTTP/1.1\r\nHost: x\r\n\r\n";

        (await StatusesAsync(Head + many + "\r\n")).ShouldBe([431]);
        (await StatusesAsync(Head + wide + "\r\n")).ShouldBe([431]);
        (await StatusesAsync(line)).ShouldBe([414]);
    }

    [Fact]
    public async Task ExpectContinue_IsAnsweredWithoutTheBodyWhenItIsTooLong()
    {
        var answer = await ExchangeAsync(Head + "Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 413 ");
        answer.ShouldContain("RequestEntityTooLargeException");
        answer.ShouldContain("Connection: close");
    }

    [Fact]
    public async Task ClientThatLeavesMidway_HurtsNobody()
    {
        using (var connection = await RawConnection.OpenAsync(Server.Endpoint, Cancel))
            await connection.SendAsync(Head + "Content-Length: 100\r\n\r\n{\"Secret", Cancel);

        (await Server.CallAsync("GetRandomPassword", new { }, Cancel)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Answer_ArrivesInOnePiece()
    {
        var answer = await ExchangeAsync(Head + "Content-Length: 2\r\nConnection: close\r\n\r\n{}");

        answer.ShouldContain("Content-Length: ");
        answer.ShouldNotContain("Transfer-Encoding");
        answer.ShouldNotContain("Server:");
        answer.ShouldEndWith("}");
    }

    private async Task<List<int>> StatusesAsync(string request) =>
        [.. StatusLine.Matches(await ExchangeAsync(request)).Select(match => int.Parse(match.Groups[1].Value))];

    private async Task<string> ExchangeAsync(string request)
    {
        using var connection = await RawConnection.OpenAsync(Server.Endpoint, Cancel);
        await connection.SendAsync(request, Cancel);
        return await connection.ReadAsync(Cancel);
    }
}
