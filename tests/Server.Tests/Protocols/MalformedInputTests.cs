using System.Diagnostics;
using System.Net;
using System.Text;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols;

/// <summary>Whatever is sent, the answer is AWS's refusal in AWS's form; never a 5xx, and never after long work.</summary>
public sealed class MalformedInputTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    /// <summary>The target is 100 ms; a loaded test machine gets ten times that.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryMalformedBody_GetsItsCode()
    {
        foreach (var (name, body, code) in MalformedBodies.All())
        {
            var watch = Stopwatch.StartNew();
            var answer = await Server.CallRawAsync("GetSecretValue", body, Cancel);
            watch.Elapsed.ShouldBeLessThan(s_patience, name);
            answer.ErrorCode.ShouldBe(code, name);
            var isTooLarge = code == "RequestEntityTooLargeException";
            answer.Status.ShouldBe(isTooLarge ? HttpStatusCode.RequestEntityTooLarge : HttpStatusCode.BadRequest, name);
            answer.ContentType.ShouldBe("application/x-amz-json-1.1", name);
            answer.Body.Length.ShouldBeLessThan(4096, name);
        }
    }

    [Fact]
    public async Task MutatedRequests_NeverMakeTheServerFail()
    {
        const int Rounds = 1500;
        var random = new Random(20261120);
        string[] seeds =
        [
            """{"Name":"a/b","ClientRequestToken":"0123456789-0123456789-0123456789","SecretString":"ä😀\u00e4\n","Tags":[{"Key":"k"}]}""",
            """{"SecretId":"a/b","ClientRequestToken":"0123456789-0123456789-0123456789","VersionStages":["A"],"SecretBinary":"AAEC"}""",
            """{"MaxResults":10,"Filters":[{"Key":"name","Values":["!a","b"]}],"SortOrder":"asc","NextToken":"abc"}""",
        ];
        string[] operations = ["CreateSecret", "PutSecretValue", "ListSecrets"];
        for (var round = 0; round < Rounds; round++)
        {
            var which = random.Next(seeds.Length);
            var body = Mutate(Encoding.UTF8.GetBytes(seeds[which]), random);
            var answer = await Server.CallRawAsync(operations[which], body, Cancel);
            ((int)answer.Status).ShouldBeLessThan(500, Encoding.Latin1.GetString(body));
        }
    }

    [Fact]
    public async Task HugeBody_IsRefusedWithoutBeingKept()
    {
        using var request = Server.JsonRequest("secretsmanager.GetSecretValue", new byte[5 * 1024 * 1024]);
        var answer = await TestServer.SendAsync(Server.Http, request, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer.ErrorCode.ShouldBe("RequestEntityTooLargeException");
        answer.RequestId.ShouldNotBeNull();
    }

    [Fact]
    public async Task ChunkedBody_IsBoundedToo()
    {
        using var request = Server.JsonRequest("secretsmanager.GetSecretValue", new byte[2 * 1024 * 1024]);
        request.Headers.TransferEncodingChunked = true;
        var answer = await TestServer.SendAsync(Server.Http, request, Cancel);

        answer.ErrorCode.ShouldBe("RequestEntityTooLargeException");
    }

    [Fact]
    public async Task BodyInPieces_IsReadWhole()
    {
        const string Body = """{"PasswordLength":8}""";
        using var request = Server.JsonRequest("secretsmanager.GetRandomPassword", []);
        Server.Signer("secretsmanager").Sign(request, Encoding.UTF8.GetBytes(Body));
        using var connection = await RawConnection.OpenAsync(Server.Endpoint, Cancel);
        await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {Server.Endpoint.Authority}\r\nConnection: close\r\n", Cancel);
        foreach (var (name, values) in request.Headers.NonValidated.Concat(request.Content!.Headers.NonValidated))
            await connection.SendAsync($"{name}: {values}\r\n", Cancel);
        await connection.SendAsync("Transfer-Encoding: chunked\r\n\r\n", Cancel);
        foreach (var piece in Body.Chunk(3)) await connection.SendAsync($"{piece.Length:x}\r\n{new string(piece)}\r\n", Cancel);
        await connection.SendAsync("0\r\n\r\n", Cancel);
        var answer = await connection.ReadAsync(Cancel);

        answer.ShouldStartWith("HTTP/1.1 200 ");
        answer.ShouldContain("RandomPassword");
    }

    /// <summary>Changes one to four bytes, or cuts, doubles or drops a piece.</summary>
    private static byte[] Mutate(byte[] body, Random random)
    {
        for (var change = random.Next(1, 5); change > 0; change--)
        {
            var at = random.Next(Math.Max(body.Length, 1));
            switch (random.Next(4))
            {
                case 0 when body.Length > 0:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1:
                    body = [.. body[..at], .. body[Math.Min(body.Length, at + random.Next(8))..], (byte)'}'];
                    break;
                case 2:
                    body = [.. body[..at], .. body.AsSpan(at, Math.Min(12, body.Length - at)), .. body[at..]];
                    break;
                default:
                    body = [.. body[..at], .. "{}[]\",:\\0n"u8.Slice(random.Next(10), 1), .. body[at..]];
                    break;
            }
        }
        return body;
    }
}
