using System.Net;
using System.Net.Sockets;
using Rekey.Aws;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.SqlServer;

/// <summary>The way through the driver manager and a real driver, as far as it goes without a SQL Server: to ports that are none.</summary>
public sealed class FreeTdsTests
{
    private static readonly string[] Places =
        ["/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so", "/usr/lib/aarch64-linux-gnu/odbc/libtdsodbc.so"];

    private static Task<RotatorException> FailureAsync(int port, TlsMode tls = TlsMode.Plaintext)
    {
        var options = new RotatorOptions
        {
            OdbcSqlServerFile = Places.First(File.Exists),
            ConnectTimeout = TimeSpan.FromSeconds(2),
        };
        var rotator = RotatorCatalogue.Find("SecretsManagerRDSSQLServerRotationSingleUser")!.Create(options, TimeProvider.System);
        var current = Account("old", port, tls);
        return Should.ThrowAsync<RotatorException>(() => rotator.SetSecretAsync(
            new RotationRequest { Current = current, Pending = Account("new", port, tls) }, TestContext.Current.CancellationToken));
    }

    private static DatabaseCredentials Account(string password, int port, TlsMode tls) => new()
    {
        Engine = "sqlserver",
        Host = "127.0.0.1",
        Port = port,
        Username = "app",
        Password = Sensitive.FromText(password),
        DatabaseName = "master",
        Tls = tls,
    };

    [Fact]
    public async Task ClosedPort_IsAFailureOfTheNetwork()
    {
        var e = await FailureAsync(FreePort.Next());
        (e.Cause, e.TargetUntouched).ShouldBe((FailureCause.Network, true));
    }

    [Fact]
    public async Task PortThatSaysNothing_IsGivenUpInTime()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var e = await FailureAsync(((IPEndPoint)listener.LocalEndpoint).Port);
        e.IsTransient.ShouldBeTrue($"{e.Cause}: {e.Message}");
    }

    [Fact]
    public async Task PortThatHangsUp_IsAFailureOfTheNetwork()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var hangingUp = HangUpAsync(listener);
        var e = await FailureAsync(((IPEndPoint)listener.LocalEndpoint).Port);
        e.Cause.ShouldBe(FailureCause.Network);
        listener.Stop();
        await hangingUp;
    }

    [Fact]
    public async Task W12_TlsIsNotAskedOfADriverThatCannotVerify()
    {
        var e = await FailureAsync(FreePort.Next(), TlsMode.Verified);
        (e.Cause, e.TargetUntouched).ShouldBe((FailureCause.Precondition, true));
        e.Message.ShouldContain("msodbcsql18");
    }

    private static async Task HangUpAsync(TcpListener listener)
    {
        try
        {
            while (true) (await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken)).Close();
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException or OperationCanceledException)
        {
            // The listener was stopped: the test is over.
        }
    }
}
