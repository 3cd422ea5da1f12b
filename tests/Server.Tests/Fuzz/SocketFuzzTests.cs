using System.Text;
using System.Text.RegularExpressions;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Protocols;
using Rekey.Server.Tests.Protocols.Shapes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>Bytes on a connection to a real server: whatever they are, it answers in HTTP, and never that it failed.</summary>
public sealed partial class SocketFuzzTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private const int Seed = 20261120;
    private const int ConnectionsAtOnce = 16;

    /// <summary>Ends a head, fills a body or a chunk, and is no request: the server need not wait for more.</summary>
    private static readonly string s_end = "\r\n\r\n" + new string('x', 32 * 1024) + "\r\n\r\n";

    /// <summary>What Kestrel says to a version of HTTP that it does not speak.</summary>
    private const int UnknownVersion = 505;

    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [GeneratedRegex(@"^HTTP/1\.[01] (\d{3}) ", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex StatusLine { get; }

    [Fact]
    public Task Connections_NeverMakeTheServerFail() => RunAsync(Seed, connections: 1_000);

    [Fact(Explicit = true)]
    public Task ManyConnections_NeverMakeTheServerFail() => RunAsync(Seed + 1, connections: 20_000);

    [Fact]
    public Task SignedRequests_NeverMakeTheServerFail() => CallAsync(Seed, requests: 1_500);

    [Fact(Explicit = true)]
    public Task ManySignedRequests_NeverMakeTheServerFail() => CallAsync(Seed + 1, requests: 30_000);

    /// <summary>The inputs of <see cref="JsonTarget"/>, each signed as it is, so that those that pass reach their operation.</summary>
    private async Task CallAsync(int seed, int requests)
    {
        var mutator = new Mutator(new JsonTarget(Server.Services), new Random(seed));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ConnectionsAtOnce, CancellationToken = Cancel };
        await Parallel.ForEachAsync(Enumerable.Range(0, requests).Select(_ => mutator.Next()).ToArray(), parallel, async (input, stop) =>
        {
            var line = Array.IndexOf(input, (byte)'\n');
            var operation = Encoding.Latin1.GetString(input, 0, Math.Max(line, 0));
            if (!ModelOperations.All.ContainsKey(operation)) return;
            var answer = await Server.CallRawAsync(operation, input[(line + 1)..], stop);
            ((int)answer.Status).ShouldBeLessThan(500, $"seed {seed}, input {Convert.ToHexString(input)}: {answer.Body}");
        });
    }

    private async Task RunAsync(int seed, int connections)
    {
        var mutator = new Mutator(new HttpTarget(Server), new Random(seed));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ConnectionsAtOnce, CancellationToken = Cancel };
        var inputs = Enumerable.Range(0, connections).Select(_ => mutator.Next()).ToArray();
        var answered = 0;
        await Parallel.ForEachAsync(inputs, parallel, async (input, stop) =>
        {
            using var connection = await RawConnection.OpenAsync(Server.Endpoint, stop);
            var answer = await ExchangeAsync(connection, input, stop);
            var statuses = StatusLine.Matches(answer).Select(match => int.Parse(match.Groups[1].Value)).ToArray();
            statuses.Where(status => status >= 500 && status != UnknownVersion)
                .ShouldBeEmpty($"seed {seed}, input {Convert.ToHexString(input)}: {answer}");
            if (statuses.Length > 0) Interlocked.Increment(ref answered);
        });
        answered.ShouldBeGreaterThan(connections / 2);
        (await Server.CallAsync("GetRandomPassword", new { }, Cancel)).IsSuccess.ShouldBeTrue();
    }

    private static async Task<string> ExchangeAsync(RawConnection connection, byte[] input, CancellationToken stop)
    {
        try
        {
            await connection.SendAsync(Encoding.Latin1.GetString(input) + s_end, stop);
        }
        catch (IOException)
        {
            // It closed the connection at the first fault: what it said before counts.
        }
        return await connection.ReadAsync(stop);
    }

    /// <summary>Requests as they stand on the wire: signed and not, of each protocol, with lengths and in chunks.</summary>
    private sealed class HttpTarget(TestServer server) : FuzzTarget
    {
        public override string Name => "socket";

        public override IReadOnlyList<byte[]> Corpus { get; } = [.. new[]
        {
            Signed(server, "GetRandomPassword", "{}"), Signed(server, "CreateSecret", """{"Name":"a","SecretString":"b"}"""),
            Signed(server, "ListSecrets", """{"Filters":[{"Key":"name","Values":["a"]}]}"""), Signed(server, "GetSecretValue", "{"),
            "GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 13\r\n\r\nAction=a%zz&b",
            "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/d/e HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET http://x/2015-03-31/functions HTTP/1.1\r\nHost: x\r\n\r\n",
        }.Select(Encoding.Latin1.GetBytes)];

        public override IReadOnlyList<string> Words { get; } =
        [
            "\r\n", "\n", "\r\n\r\n", " ", ":", "HTTP/1.1", "HTTP/2.0", "GET ", "POST ", "Host: x\r\n", "Connection: close\r\n",
            "Content-Length: 0\r\n", "Content-Length: 9999\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n",
            "Upgrade: h2c\r\n", "0\r\n\r\n", "ffffffff\r\n", "%00", "/../", "?", "#", "\0", "\u00ff",
            "X-Amz-Target: secretsmanager.ListSecrets\r\n",
        ];

        public override void Check(byte[] input)
        {
        }

        private static string Signed(TestServer server, string operation, string body)
        {
            using var request = server.JsonRequest($"secretsmanager.{operation}", Encoding.UTF8.GetBytes(body));
            server.Signer("secretsmanager").Sign(request, Encoding.UTF8.GetBytes(body));
            var headers = request.Headers.NonValidated.Concat(request.Content!.Headers.NonValidated);
            var lines = string.Concat(headers.Select(header => $"{header.Key}: {header.Value}\r\n"));
            return $"POST / HTTP/1.1\r\nHost: {server.Endpoint.Authority}\r\nContent-Length: {body.Length}\r\n{lines}\r\n{body}";
        }
    }
}
