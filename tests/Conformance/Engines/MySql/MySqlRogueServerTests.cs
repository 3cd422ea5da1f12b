using System.Diagnostics;
using Rekey.Aws;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>Whoever may write a secret may name any host in it: a server that cheats must learn and reach nothing by that.</summary>
public sealed class MySqlRogueServerTests
{
    private const string Password = "cAnArY-0b9f-pending";

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    private static RotationRequest Rotation(int port, TlsMode tls)
    {
        DatabaseCredentials With(string password) => new()
        {
            Engine = "mysql",
            Host = "127.0.0.1",
            Port = port,
            Username = "app",
            Password = Sensitive.FromText(password),
            Tls = tls,
        };
        return new RotationRequest { Current = With(Password), Pending = With(Password) };
    }

    [Theory]
    [InlineData("mysql_clear_password")]
    [InlineData("dialog")]
    [InlineData("../../../tmp/evil")]
    public async Task ServerThatAsksForThePasswordItself_DoesNotGetIt(string plugin)
    {
        await using var server = new RogueMySqlServer(RogueMySqlServer.SwitchTo(plugin), _ => RogueMySqlServer.Ok);
        await MySqlRotation.Rotator(null).SetSecretAsync(Rotation(server.Port, TlsMode.Plaintext), _stop)
            .ShouldThrowAsync<RotatorException>();
        server.Received.ShouldContain("app");
        server.Received.ShouldNotContain("cAnArY");
    }

    [Fact]
    public async Task ServerThatAsksForAFile_DoesNotGetIt()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "cAnArY of a file", _stop);
        await using var server = new RogueMySqlServer(RogueMySqlServer.Ok, _ => RogueMySqlServer.AskForFile(file));
        await MySqlRotation.Rotator(null).SetSecretAsync(Rotation(server.Port, TlsMode.Plaintext), _stop)
            .ShouldThrowAsync<RotatorException>();
        server.Received.ShouldContain("SET ");
        server.Received.ShouldNotContain("cAnArY");
        File.Delete(file);
    }

    [Fact]
    public async Task W11_ServerThatAcceptsEverything_IsNotTakenForTheAccount()
    {
        await using var server = new RogueMySqlServer(RogueMySqlServer.Ok, _ => RogueMySqlServer.Ok);
        await MySqlRotation.Rotator(null).SetSecretAsync(Rotation(server.Port, TlsMode.Plaintext), _stop)
            .ShouldThrowAsync<RotatorException>();
        server.Received.ShouldContain("SET SESSION sql_mode");
        server.Received.ShouldNotContain("cAnArY");
    }

    [Fact]
    public async Task W12_ServerThatStripsTls_GetsNoLogin()
    {
        await using var server = new RogueMySqlServer(RogueMySqlServer.Ok, _ => RogueMySqlServer.Ok);
        await MySqlRotation.Rotator(null).SetSecretAsync(Rotation(server.Port, TlsMode.Verified), _stop)
            .FailureAsync(FailureCause.Tls, Password);
        server.Received.ShouldNotContain("app");
    }

    [Fact]
    public async Task ServersText_IsNotRepeated()
    {
        var text = "Access denied \u001b[31m" + new string('x', 4000);
        await using var server = new RogueMySqlServer(RogueMySqlServer.Error(1045, "28000", text), _ => RogueMySqlServer.Ok);
        var failure = await MySqlRotation.Rotator(null).SetSecretAsync(Rotation(server.Port, TlsMode.Plaintext), _stop)
            .FailureAsync(FailureCause.Auth, Password);
        failure.Message.ShouldNotContain("\u001b");
        failure.Message.Length.ShouldBeLessThan(300);
    }

    [Theory]
    [InlineData(TlsMode.Plaintext)]
    [InlineData(TlsMode.Verified)]
    public async Task SilentServer_IsGivenUpInTime(TlsMode tls)
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, FreePort.Next());
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var clock = Stopwatch.StartNew();
        var failure = await MySqlRotation.Rotator(null, TimeSpan.FromSeconds(1)).SetSecretAsync(Rotation(port, tls), _stop)
            .ShouldThrowAsync<RotatorException>();
        failure.IsTransient.ShouldBeTrue(failure.Message);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task CallerWhoGivesUp_NeedNotWaitForASilentServer()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, FreePort.Next());
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        impatience.CancelAfter(TimeSpan.FromMilliseconds(200));
        var clock = Stopwatch.StartNew();
        await MySqlRotation.Rotator(null, TimeSpan.FromSeconds(15)).SetSecretAsync(Rotation(port, TlsMode.Plaintext), impatience.Token)
            .ShouldThrowAsync<OperationCanceledException>();
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task SilentServer_HoldsUpNobodyElse()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, FreePort.Next());
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        await using var server = new RogueMySqlServer(RogueMySqlServer.Ok, _ => RogueMySqlServer.Ok);
        var stuck = MySqlRotation.Rotator(null, TimeSpan.FromSeconds(15)).SetSecretAsync(Rotation(port, TlsMode.Plaintext), _stop);
        using (var accepted = await silent.AcceptSocketAsync(_stop))
        {
            await MySqlRotation.Rotator(null).SetSecretAsync(Rotation(server.Port, TlsMode.Plaintext), _stop)
                .ShouldThrowAsync<RotatorException>();
            stuck.IsCompleted.ShouldBeFalse();
        }
        await stuck.ShouldThrowAsync<RotatorException>();
    }

    [Fact]
    public async Task ClosedPort_IsANetworkFailure()
    {
        var failure = await MySqlRotation.Rotator(null).SetSecretAsync(Rotation(FreePort.Next(), TlsMode.Verified), _stop)
            .FailureAsync(FailureCause.Network, Password);
        failure.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task MissingDriver_IsNamedWithItsPackage()
    {
        var rotator = RotatorCatalogue.Find("SecretsManagerRDSMariaDBRotationSingleUser")!
            .Create(new RotatorOptions { OdbcMariaDbFile = "/nonexistent/libmaodbc.so" }, TimeProvider.System);
        var failure = await rotator.TestSecretAsync(Rotation(1, TlsMode.Plaintext), _stop).FailureAsync(FailureCause.Precondition);
        failure.Message.ShouldContain("/nonexistent/libmaodbc.so does not exist");
    }
}
