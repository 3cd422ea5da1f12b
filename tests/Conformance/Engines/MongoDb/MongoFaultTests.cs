using System.Text;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>Connections that break, superusers that are wrong, servers that are none.</summary>
public sealed class MongoFaultTests(MongoServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    /// <summary>The server has made the change; Rekey never learns it.</summary>
    [Theory]
    [InlineData("saslStart", FailureCause.Network, false)]
    [InlineData("saslContinue", FailureCause.Network, false)]
    [InlineData("usersInfo", FailureCause.Network, false)]
    [InlineData("updateUser", FailureCause.Network, true)]
    public async Task ConnectionCutAfterACommand_IsTransient_AndTheNextAttemptConverges(string command, FailureCause cause, bool isLive)
    {
        var server = await servers.GetSetAsync();
        var account = await MongoAccount.CreateAsync(server, _stop);
        var pending = MongoAccount.NewPassword();
        var marker = Encoding.ASCII.GetBytes(command);
        var isOver = false;
        await using var proxy = new TcpProxy(_ => account.Port, (_, bytes) =>
        {
            if (isOver || bytes.Span.IndexOf(marker) < 0) return TcpProxy.Cut.None;
            isOver = true;
            return TcpProxy.Cut.AfterServer;
        });
        var request = account.Rotation(account.Password, pending, port: proxy.Port);
        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.SingleUser.SetSecretAsync(request, _stop), cause, account.Password, pending);
        failure.IsTransient.ShouldBeTrue();
        isOver.ShouldBeTrue();
        if (!isLive) await account.ShouldLogInAsync(account.Password);
        // The server may still be at it: an attempt whose two logins lie on both sides of that would need another one.
        else await UntilLiveAsync(account.Rotation(pending, pending, port: account.Port));

        await MongoRotation.SingleUser.RotateAsync(
            account.Rotation(account.Password, pending, pendingMayBeLive: true, port: proxy.Port), _stop);
        await account.ShouldLogInAsync(pending);
        await account.ShouldBeRefusedAsync(account.Password);
    }

    private async Task UntilLiveAsync(RotationRequest proof)
    {
        while (true)
        {
            try
            {
                await MongoRotation.SingleUser.TestSecretAsync(proof, _stop);
                return;
            }
            catch (RotatorException refused) when (refused.Cause == FailureCause.Auth)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _stop);
            }
        }
    }

    [Fact]
    public async Task WrongSuperuser_IsAuth_AndUntouched()
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop);
        var wrong = MongoAccount.NewPassword();
        var request = pair.RequestFor(MongoAccount.NewPassword());
        request = request with { Superuser = pair.Credentials(("no such user", wrong)) };
        var failure = await MongoRotation.FailureOfAsync(
            MongoRotation.MultiUser.SetSecretAsync(request, _stop), FailureCause.Auth, wrong);
        failure.Message.ShouldStartWith("Unable to log into database using credentials in master secret");
        failure.TargetUntouched.ShouldBeTrue();
        (await pair.FindAsync(pair.Clone, _stop)).ShouldBeNull();
    }

    /// <summary>W3: with nothing right any more, an attempt is refused twice and no more.</summary>
    [Fact]
    public async Task W3_WrongPasswords_AreTriedTwiceAtMost()
    {
        var server = await servers.GetAloneAsync();
        var account = await MongoAccount.CreateAsync(server, _stop);
        var request = account.Rotation(MongoAccount.NewPassword(), MongoAccount.NewPassword(), pendingMayBeLive: true) with
        {
            Previous = account.With(MongoAccount.NewPassword()),
        };
        await MongoRotation.FailureOfAsync(MongoRotation.SingleUser.SetSecretAsync(request, _stop), FailureCause.Auth);
        var log = await server.Members[0].LogTextAsync(_stop);
        log.Split('\n').Count(line => line.Contains("\"Failed to authenticate\"") && line.Contains(account.Name)).ShouldBe(2);
    }

    [Fact]
    public async Task OneRotationAfterAnother_LeavesNoConnectionBehind()
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop);
        await pair.RotateAsync(_stop);
        await pair.RotateAsync(_stop);
        // The server takes a moment to notice that one was closed.
        for (var left = 200; await CountAsync() > 0; left--)
        {
            left.ShouldBeGreaterThan(0, "connections stay open");
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, _stop);
        }

        async Task<int> CountAsync()
        {
            var answer = await server.RunAsync("admin", command => command.Int32("currentOp", 1).Boolean("$all", true), _stop);
            return answer.FindDocuments("inprog").Count(operation => operation.FindDocuments("effectiveUsers")
                .Any(user => user.FindText("user") is { } name && name.StartsWith(pair.Base, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("")]
    public async Task AnotherServer_IsNotTakenForMongoDb(string greeting)
    {
        var account = await MongoAccount.CreateAsync(await servers.GetAloneAsync(), _stop);
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, FreePort.Next());
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync(_stop);
            await client.GetStream().ReadExactlyAsync(new byte[16], _stop);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(greeting), _stop);
        }, _stop);
        var request = account.Rotation("a", "b", port: ((System.Net.IPEndPoint)listener.LocalEndpoint).Port);
        var failure = await Should.ThrowAsync<RotatorException>(MongoRotation.SingleUser.SetSecretAsync(request, _stop));
        failure.Cause.ShouldBeOneOf(FailureCause.Other, FailureCause.Network);
        failure.TargetUntouched.ShouldBeTrue();
        await answering;
    }
}
