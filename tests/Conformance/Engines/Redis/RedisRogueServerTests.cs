using System.Net;
using System.Net.Sockets;
using System.Text;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>A server that answers what it likes: the attempt ends, in bounded time and memory, with a classified failure.</summary>
public sealed class RedisRogueServerTests
{
    private static readonly RotatorOptions Options = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(1),
        CommandTimeout = TimeSpan.FromSeconds(1),
    };

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    public static TheoryData<string, FailureCause> Answers => new()
    {
        { "-WRONGPASS invalid\r\n", FailureCause.Auth },
        { "-ERR max number of clients reached\r\n", FailureCause.Unavailable },
        { "-ERR wrong number of arguments for 'auth' command\r\n", FailureCause.Precondition },
        { "-DENIED Redis is running in protected mode\r\n", FailureCause.Precondition },
        { "-LOADING Redis is loading the dataset in memory\r\n", FailureCause.Unavailable },
        { "HTTP/1.1 400 Bad Request\r\n\r\n", FailureCause.Other },
        { ":1\r\n", FailureCause.Other },
        { "$999999999\r\n", FailureCause.Other },
        { string.Concat(Enumerable.Repeat("*1\r\n", 100)), FailureCause.Other },
        { "", FailureCause.Timeout },
        { "$100\r\nabc", FailureCause.Timeout },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_IsClassified_AndNotPassedOn(string answer, FailureCause cause)
    {
        using var server = new RogueServer(stream => stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _stop).AsTask());
        var failure = await new RedisLogin(Options).LogInAsync(server.Credentials, _stop).ShouldFailAsync(cause, "s3cret");
        failure.Message.ShouldNotContain("Bad Request");
        failure.Message.ShouldNotContain("invalid");
    }

    [Fact]
    public async Task EndlessAnswer_IsCutOff()
    {
        using var server = new RogueServer(async stream =>
        {
            await stream.WriteAsync("+OK\r\n*99999\r\n"u8.ToArray(), _stop);
            var value = Encoding.ASCII.GetBytes($"${60000}\r\n{new string('x', 60000)}\r\n");
            while (true) await stream.WriteAsync(value, _stop);
        });
        await new RedisLogin(Options).LogInAsync(server.Credentials, _stop).ShouldFailAsync(FailureCause.Other, "s3cret");
    }

    [Fact]
    public async Task ClosedPort_IsANetworkFailure()
    {
        int port;
        using (var server = new RogueServer(_ => Task.CompletedTask)) port = server.Credentials.Port;
        await new RedisLogin(Options).LogInAsync(Credentials(port), _stop).ShouldFailAsync(FailureCause.Network, "s3cret");
    }

    /// <summary>A login that is answered with another user's name is none.</summary>
    [Fact]
    public async Task LoginTakenForAnothers_IsRefused()
    {
        using var server = new RogueServer(stream => stream.WriteAsync("+OK\r\n$5\r\nother\r\n"u8.ToArray(), _stop).AsTask());
        await new RedisLogin(Options).LogInAsync(server.Credentials, _stop).ShouldFailAsync(FailureCause.Precondition, "s3cret");
    }

    private static DatabaseCredentials Credentials(int port) => new()
    {
        Engine = "redis",
        Host = "127.0.0.1",
        Port = port,
        Username = "app",
        Password = Sensitive.FromText("s3cret"),
        Tls = TlsMode.Plaintext,
    };

    private sealed class RogueServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public RogueServer(Func<NetworkStream, Task> answer)
        {
            _listener.Start();
            _ = ServeAsync(answer);
        }

        public DatabaseCredentials Credentials => RedisRogueServerTests.Credentials(((IPEndPoint)_listener.LocalEndpoint).Port);

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(Func<NetworkStream, Task> answer)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                await answer(stream);
                // Open until the client has had enough.
                var ignored = new byte[1024];
                while (await stream.ReadAsync(ignored) > 0)
                {
                }
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The client went away, or the test is over.
            }
        }
    }
}
