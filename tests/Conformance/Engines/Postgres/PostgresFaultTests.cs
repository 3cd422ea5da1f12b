using System.Net;
using System.Net.Sockets;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>Connections that break at the worst moments, and servers that are not what they seem.</summary>
public sealed class PostgresFaultTests(PostgresServers servers)
{
    private static readonly RotatorOptions Impatient =
        new() { ConnectTimeout = TimeSpan.FromSeconds(1), CommandTimeout = TimeSpan.FromSeconds(2) };

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly string _pending = TestRole.NewPassword();

    [Theory]
    [InlineData(nameof(TcpProxy.Cut.AfterServer), true)]
    [InlineData(nameof(TcpProxy.Cut.BeforeServer), false)]
    public async Task ConnectionBreaksAtCommit_NextAttemptConverges(string cut, bool changed)
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop);
        var isArmed = true;
        await using var proxy = new TcpProxy(_ => server.Port, (_, bytes) =>
        {
            if (!isArmed || bytes.Span.IndexOf("COMMIT"u8) < 0) return TcpProxy.Cut.None;
            isArmed = false;
            return Enum.Parse<TcpProxy.Cut>(cut);
        });
        var rotation = Through(proxy, role, pendingMayBeLive: false);
        await PostgresRotation.Rotator().SetSecretAsync(rotation, _stop).ShouldFailAsync(FailureCause.Network, role.Password, _pending);
        // The server may still be at it when the client gives up.
        if (changed) while (!await role.LogsInAsync(_pending, _stop)) await Task.Delay(10, _stop);
        else await role.ShouldHoldAsync(role.Password, _stop, _pending);

        await PostgresRotation.Rotator().SetSecretAsync(Through(proxy, role, pendingMayBeLive: true), _stop);
        await PostgresRotation.Rotator().TestSecretAsync(rotation, _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
    }

    [Fact]
    public async Task W4_NewPasswordIsRefusedAfterTheChange_OldOneIsPutBack()
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop);
        // The logins that are to prove the new password meet a server that never heard of it: a pooler with a list of its own.
        await using var other = await PrivatePostgres.StartAsync(15, _stop);
        await using var proxy = new TcpProxy(number => number >= 3 ? other.Port : server.Port, (_, _) => TcpProxy.Cut.None);
        var failure = await PostgresRotation.Rotator().SetSecretAsync(Through(proxy, role, pendingMayBeLive: false), _stop)
            .ShouldFailAsync(FailureCause.Auth, role.Password, _pending);
        failure.Message.ShouldContain("put back");
        await role.ShouldHoldAsync(role.Password, _stop, _pending);
    }

    [Fact]
    public async Task W23_AddressLeadsToTwoServers_NothingIsChanged()
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop);
        await using var other = await PrivatePostgres.StartAsync(15, _stop);
        var stored = await role.StoredPasswordAsync(_stop);
        await other.ExecuteAsync($"CREATE ROLE {role.QuotedName} LOGIN PASSWORD '{stored}'", _stop);
        await using var proxy = new TcpProxy(number => number == 2 ? other.Port : server.Port, (_, _) => TcpProxy.Cut.None);
        await PostgresRotation.Rotator().SetSecretAsync(Through(proxy, role, pendingMayBeLive: false), _stop)
            .ShouldFailAsync(FailureCause.Conflict, role.Password, _pending);
        await role.ShouldHoldAsync(role.Password, _stop, _pending);
    }

    [Fact]
    public async Task SilentServer_TimesOut()
    {
        using var silent = new TcpListener(IPAddress.Loopback, FreePort.Next());
        silent.Start();
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        foreach (var tls in (TlsMode[])[TlsMode.Plaintext, TlsMode.Verified, TlsMode.VerifiedOrPlaintext])
        {
            var credentials = role.With(role.Password, tls, port: ((IPEndPoint)silent.LocalEndpoint).Port);
            await PostgresRotation.Rotator(Impatient).TestSecretAsync(new() { Current = credentials, Pending = credentials }, _stop)
                .ShouldFailAsync(FailureCause.Timeout, role.Password);
        }
    }

    [Fact]
    public async Task NobodyListens_IsANetworkFailure()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        var credentials = role.With(role.Password, port: FreePort.Next());
        await PostgresRotation.Rotator().TestSecretAsync(new() { Current = credentials, Pending = credentials }, _stop)
            .ShouldFailAsync(FailureCause.Network, role.Password);
    }

    [Fact]
    public async Task RoleIsHeldByALongTransaction_IsAConflict_AndChangesNothing()
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop);
        await using var source = Npgsql.NpgsqlDataSource.Create(server.ConnectionString());
        await using var connection = await source.OpenConnectionAsync(_stop);
        await using var transaction = await connection.BeginTransactionAsync(_stop);
        await using (var hold = new Npgsql.NpgsqlCommand($"ALTER ROLE {role.QuotedName} CONNECTION LIMIT 50", connection))
            await hold.ExecuteNonQueryAsync(_stop);
        await PostgresRotation.Rotator(Impatient).SetSecretAsync(role.Rotation(role.Password, _pending), _stop)
            .ShouldFailAsync(FailureCause.Conflict, role.Password, _pending);
        await transaction.RollbackAsync(_stop);
        await role.ShouldHoldAsync(role.Password, _stop, _pending);
    }

    [Fact]
    public async Task ServerIsGone_IsTransient()
    {
        await using var server = await PrivatePostgres.StartAsync(15, _stop);
        var role = await TestRole.CreateAsync(server, _stop);
        await server.CrashAsync();
        var failure = await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop)
            .ShouldFailAsync(FailureCause.Network, role.Password, _pending);
        failure.IsTransient.ShouldBeTrue();
    }

    private RotationRequest Through(TcpProxy proxy, TestRole role, bool pendingMayBeLive) => new()
    {
        Current = role.With(role.Password, port: proxy.Port),
        Pending = role.With(_pending, port: proxy.Port),
        PendingMayBeLive = pendingMayBeLive,
    };
}
