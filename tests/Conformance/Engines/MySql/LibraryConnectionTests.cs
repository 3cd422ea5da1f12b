using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Rekey.Rotators.MySql.Library;
using Rekey.Rotators.Odbc;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>The client library below the ODBC driver, by itself: it keeps to the rules that the driver is held to.</summary>
public sealed class LibraryConnectionTests(MySqlServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task VerifiedTls_IsEncrypted_AndRowsComeWhole(string kind)
    {
        var server = await servers.GetAsync(kind);
        await using var connection = await OpenAsync(server.AdminCredentials(), tls: true, servers.Authority.CaFile);
        connection.Server.Name.ShouldBe(kind);
        (await connection.QueryRowAsync("SHOW SESSION STATUS LIKE 'Ssl_cipher'", _stop))![1].ShouldNotBeNullOrEmpty();

        var rows = await connection.QueryRowsAsync(
            "SELECT 1, NULL, '' UNION ALL SELECT 2, REPEAT('aé🔑', 30000), 'x' UNION ALL SELECT 3, REPEAT('b', 4095), 'z'", 3, _stop);
        rows.Count.ShouldBe(3);
        rows[0].ShouldBe(["1", null, ""]);
        rows[1].ShouldBe(["2", string.Concat(Enumerable.Repeat("aé🔑", 30000)), "x"]);
        rows[2].ShouldBe(["3", new string('b', 4095), "z"]);
        (await connection.QueryRowAsync("SELECT 1 FROM DUAL WHERE 1 = 0", _stop)).ShouldBeNull();
        await connection.ExecuteAsync(new SensitiveText().Append("SELECT 1 UNION SELECT 2"), _stop);
        (await connection.QueryRowsAsync("SET @x = 1", 1, _stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Failure_HasTheServersCodes_AndLeavesTheConnectionUsable()
    {
        var server = await servers.GetAsync(MySqlServers.MySql);
        await using var connection = await OpenAsync(server.AdminCredentials(), tls: true, servers.Authority.CaFile);
        var failure = await connection.QueryRowAsync("SELECT * FROM mysql.no_such_table", _stop).ShouldThrowAsync<OdbcException>();
        (failure.SqlState, failure.NativeCode).ShouldBe(("42S02", 1146));
        (await connection.QueryRowAsync("SELECT 7", _stop))!.ShouldBe(["7"]);
    }

    [Fact]
    public async Task MoreThanTheBound_IsRefused_WithoutReadingItAll()
    {
        var server = await servers.GetAsync(MySqlServers.MySql);
        await using var connection = await OpenAsync(server.AdminCredentials(), tls: true, servers.Authority.CaFile);
        var endless = "SELECT REPEAT('x', 1000) FROM mysql.help_topic a, mysql.help_topic b";
        await connection.QueryRowsAsync(endless, 1000, _stop).FailureAsync(FailureCause.Other);
        await connection.QueryRowAsync("SELECT 7", _stop).ShouldThrowAsync<OdbcException>();
    }

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task CertificateThatCannotBeVerified_IsRefused(string kind)
    {
        var credentials = (await servers.GetAsync(kind)).AdminCredentials();
        using var other = new TestAuthority();
        var failure = await OpenAsync(credentials, tls: true, other.CaFile).ShouldThrowAsync<OdbcException>();
        failure.NativeCode.ShouldBe(2026);

        failure = await OpenAsync(Credentials("127.0.0.1", credentials.Port, "any"), tls: true, servers.Authority.CaFile)
            .ShouldThrowAsync<OdbcException>();
        MySqlErrors.Classify(failure).Message.ShouldContain("is for another host name");
    }

    [Fact]
    public async Task ServerWithoutTls_IsNotSpokenToInPlaintext()
    {
        var credentials = (await servers.GetWithoutTlsAsync()).AdminCredentials();
        var failure = await OpenAsync(credentials, tls: true, servers.Authority.CaFile).ShouldThrowAsync<OdbcException>();
        MySqlErrors.IsTlsNotOffered(MySqlErrors.Classify(failure)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("mysql_clear_password")]
    [InlineData("mysql_old_password")]
    [InlineData("dialog")]
    [InlineData("../../../tmp/evil")]
    public async Task ServerThatAsksForThePasswordItself_DoesNotGetIt(string plugin)
    {
        await using var server = new RogueMySqlServer(RogueMySqlServer.SwitchTo(plugin), _ => RogueMySqlServer.Ok);
        await OpenAsync(Rogue(server.Port), tls: false, caFile: null).ShouldThrowAsync<OdbcException>();
        server.Received.ShouldContain("app");
        server.Received.ShouldNotContain("cAnArY");
    }

    [Fact]
    public async Task ServerThatAsksForAFile_DoesNotGetIt()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "cAnArY of a file", _stop);
        await using var server = new RogueMySqlServer(RogueMySqlServer.Ok, _ => RogueMySqlServer.AskForFile(file));
        await using var connection = await OpenAsync(Rogue(server.Port), tls: false, caFile: null);
        await connection.QueryRowAsync("SELECT 1", _stop).ShouldThrowAsync<OdbcException>();
        server.Received.ShouldContain("SELECT 1");
        server.Received.ShouldNotContain("cAnArY");
        File.Delete(file);
    }

    [Fact]
    public async Task SilentServer_IsGivenUpInTime()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, FreePort.Next());
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var failure = await OpenAsync(Rogue(port), tls: false, caFile: null, TimeSpan.FromSeconds(1)).ShouldThrowAsync<OdbcException>();
        MySqlErrors.Classify(failure).IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task PasswordWithANul_IsRefused_NotCutShort()
    {
        var failure = await OpenAsync(Credentials("127.0.0.1", 1, "cAnArY\0rest"), tls: false, caFile: null)
            .FailureAsync(FailureCause.Precondition, "cAnArY");
        failure.Message.ShouldContain("password holds a NUL");
    }

    private Task<LibraryConnection> OpenAsync(DatabaseCredentials credentials, bool tls, string? caFile, TimeSpan? timeout = null)
    {
        var limit = timeout ?? TimeSpan.FromSeconds(20);
        var options = new RotatorOptions { CaFile = caFile, ConnectTimeout = limit, CommandTimeout = limit };
        return LibraryConnection.OpenAsync(credentials, new MySqlDriver(options).LibrarySettings(tls), _stop);
    }

    private static DatabaseCredentials Rogue(int port) => Credentials("127.0.0.1", port, "cAnArY-0b9f");

    private static DatabaseCredentials Credentials(string host, int port, string password) => new()
    {
        Engine = "mysql",
        Host = host,
        Port = port,
        Username = "app",
        Password = Sensitive.FromText(password),
        Tls = TlsMode.Plaintext,
    };
}
