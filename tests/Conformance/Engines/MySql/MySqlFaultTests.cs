using System.Text;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>Connections that break around the change. They are watched without TLS, so that the statements can be seen.</summary>
public sealed class MySqlFaultTests(MySqlServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private IDatabaseRotator Rotator => MySqlRotation.Rotator(servers.Authority.CaFile);

    [Theory]
    [InlineData(MySqlServers.MariaDb, false)]
    [InlineData(MySqlServers.MariaDb, true)]
    [InlineData(MySqlServers.MySql, false)]
    [InlineData(MySqlServers.MySql, true)]
    public async Task ConnectionLostAtTheChange_NextAttemptConverges(string kind, bool reachesTheServer)
    {
        var cut = reachesTheServer ? TcpProxy.Cut.AfterServer : TcpProxy.Cut.BeforeServer;
        var server = await servers.GetAsync(kind);
        var account = await TestAccount.CreateAsync(server, _stop);
        var pending = TestAccount.NewPassword();
        var cuts = 0;
        await using var proxy = new TcpProxy(_ => server.Port, (_, sent) =>
        {
            var text = Encoding.Latin1.GetString(sent.Span);
            var isChange = text.Contains("ALTER USER USER()") || text.Contains("SET PASSWORD =");
            return isChange && cuts++ == 0 ? cut : TcpProxy.Cut.None;
        });
        var first = account.Rotation(account.Password, pending, tls: TlsMode.Plaintext, port: proxy.Port);

        var failure = await Rotator.SetSecretAsync(first, _stop).FailureAsync(FailureCause.Network, account.Password, pending);

        failure.IsTransient.ShouldBeTrue();
        cuts.ShouldBe(1);
        await account.ShouldHoldAsync(reachesTheServer ? pending : account.Password, _stop);

        await Rotator.SetSecretAsync(first with { PendingMayBeLive = true }, _stop);
        await Rotator.TestSecretAsync(first, _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task ConnectionLostAtAnyMessage_NeverLeavesAPasswordThatNobodyHas(string kind)
    {
        var server = await servers.GetAsync(kind);
        for (var fatal = 1; ; fatal++)
        {
            var account = await TestAccount.CreateAsync(server, _stop);
            var pending = TestAccount.NewPassword();
            var messages = 0;
            await using var proxy = new TcpProxy(
                _ => server.Port, (_, _) => ++messages == fatal ? TcpProxy.Cut.AfterServer : TcpProxy.Cut.None);
            var rotation = account.Rotation(account.Password, pending, tls: TlsMode.Plaintext, port: proxy.Port);
            try
            {
                await Rotator.SetSecretAsync(rotation, _stop);
                await Rotator.TestSecretAsync(rotation, _stop);
            }
            catch (RotatorException e) when (e.IsTransient)
            {
                // As the runner does.
                await Rotator.SetSecretAsync(rotation with { PendingMayBeLive = true }, _stop);
                await Rotator.TestSecretAsync(rotation, _stop);
            }
            if (messages < fatal) break;
            fatal.ShouldBeLessThan(100);
        }
    }

    [Fact]
    public async Task TwoServersBehindOneAddress_BothAreTried()
    {
        var one = await servers.GetAsync(MySqlServers.MariaDb);
        await using var two = await PrivateMariaDb.StartAsync(PrivateServerSetup.WithTls(servers.Authority), _stop);
        var account = await TestAccount.CreateAsync(one, _stop);
        var pending = TestAccount.NewPassword();
        var twin = $"CREATE USER {account.Quoted} IDENTIFIED BY {TestAccount.Literal(pending)}";
        await two.ExecuteAsync(twin, _stop);
        var connections = new List<int>();
        await using var proxy = new TcpProxy(number =>
        {
            connections.Add(number);
            return number == 2 ? two.Port : one.Port;
        }, (_, _) => TcpProxy.Cut.None);

        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending, port: proxy.Port), _stop);

        connections.ShouldBe([1, 2, 3], "the first changed, the second was another server, the third the changed one again");
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Fact]
    public async Task ServerThatDies_IsRotatedWhenItIsBack()
    {
        await using var server = await PrivateMariaDb.StartAsync(PrivateServerSetup.WithTls(servers.Authority), _stop);
        var account = await TestAccount.CreateAsync(server, _stop);
        var pending = TestAccount.NewPassword();
        await server.CrashAsync();
        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop)
            .FailureAsync(FailureCause.Network, account.Password, pending);
        failure.IsTransient.ShouldBeTrue();

        await server.StartAsync(_stop);
        await Rotator.SetSecretAsync(account.Rotation(account.Password, pending), _stop);
        await account.ShouldHoldAsync(pending, _stop, account.Password);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task AccountsLockedByAnotherSession_AreGivenUp_AndNotChangedLater(string kind)
    {
        await using var server = await OwnAsync(kind, PrivateServerSetup.WithTls(servers.Authority));
        var account = await TestAccount.CreateAsync(server, _stop);
        await using var blocker = await server.OpenAdminAsync(_stop);
        await blocker.QueryAsync("FLUSH TABLES WITH READ LOCK", _stop);
        var rotator = MySqlRotation.Rotator(servers.Authority.CaFile, TimeSpan.FromSeconds(2));
        var failure = await rotator.SetSecretAsync(account.Rotation(account.Password, "waits"), _stop).ShouldThrowAsync<RotatorException>();
        failure.IsTransient.ShouldBeTrue(failure.Message);
        await blocker.QueryAsync("UNLOCK TABLES", _stop);
        await account.ShouldHaveNoConnectionsAsync(_stop);
        await account.ShouldHoldAsync(account.Password, _stop);
    }

    [Fact]
    public async Task CallerWhoGivesUpDuringTheChange_DoesNotFindItMadeLater()
    {
        await using var server = await OwnAsync(MySqlServers.MariaDb, PrivateServerSetup.WithTls(servers.Authority));
        var account = await TestAccount.CreateAsync(server, _stop);
        await using var blocker = await server.OpenAdminAsync(_stop);
        await blocker.QueryAsync("FLUSH TABLES WITH READ LOCK", _stop);
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        impatience.CancelAfter(TimeSpan.FromSeconds(1));

        await Rotator.SetSecretAsync(account.Rotation(account.Password, "waits"), impatience.Token)
            .ShouldThrowAsync<OperationCanceledException>();

        await blocker.QueryAsync("UNLOCK TABLES", _stop);
        await account.ShouldHaveNoConnectionsAsync(_stop);
        await account.ShouldHoldAsync(account.Password, _stop);
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task W26_ServerWithoutAFreeConnection_IsUnavailable(string kind)
    {
        var setup = PrivateServerSetup.WithTls(servers.Authority) with { Settings = ["--max-connections=10"] };
        await using var server = await OwnAsync(kind, setup);
        var account = await TestAccount.CreateAsync(server, _stop);
        var held = new List<IAsyncDisposable>();
        for (var i = 0; i < 10; i++) held.Add(await server.OpenAdminAsync(_stop));

        var failure = await Rotator.SetSecretAsync(account.Rotation(account.Password, "pending"), _stop)
            .FailureAsync(FailureCause.Unavailable, account.Password);

        foreach (var session in held) await session.DisposeAsync();
        (failure.NativeCode, failure.IsTransient).ShouldBe(("1040", true));
    }

    /// <summary>A server of the test's own: what it locks or fills must not meet another test.</summary>
    private async Task<PrivateServer> OwnAsync(string kind, PrivateServerSetup setup) =>
        kind == MySqlServers.MySql ? await PrivateMySql.StartAsync(setup, _stop) : await PrivateMariaDb.StartAsync(setup, _stop);
}
