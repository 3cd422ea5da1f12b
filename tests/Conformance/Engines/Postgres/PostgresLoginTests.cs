using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>How often and with what the rotator logs in, and what it makes of a refusal.</summary>
public sealed class PostgresLoginTests(PostgresServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly string _pending = TestRole.NewPassword();

    [Fact]
    public async Task WrongCurrent_IsRefusedOnce_AndChangesNothing()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(18), _stop);
        var wrong = TestRole.NewPassword();
        var failure = await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(wrong, _pending), _stop)
            .ShouldFailAsync(FailureCause.Auth, wrong, _pending);
        failure.SqlState.ShouldBe("28P01");
        role.RefusedLogins().ShouldBe(1);
        await role.ShouldHoldAsync(role.Password, _stop);
    }

    [Fact]
    public async Task W3_NeitherPendingNorCurrentLogsIn_IsRefusedTwice()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(18), _stop);
        var wrong = TestRole.NewPassword();
        var rotation = role.Rotation(wrong, _pending, pendingMayBeLive: true) with { Previous = role.With(TestRole.NewPassword()) };
        await PostgresRotation.Rotator().SetSecretAsync(rotation, _stop).ShouldFailAsync(FailureCause.Auth, wrong, _pending);
        role.RefusedLogins().ShouldBe(2);
    }

    [Fact]
    public async Task PreviousLogsInWhereCurrentDoesNot_Rotates()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(18), _stop);
        var rotation = new RotationRequest
        {
            Current = role.With(TestRole.NewPassword()),
            Pending = role.With(_pending),
            Previous = role.With(role.Password),
        };
        await PostgresRotation.Rotator().SetSecretAsync(rotation, _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
    }

    [Fact]
    public async Task PendingIsSetAlready_StaysSet()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(18), _stop);
        var rotation = role.Rotation(TestRole.NewPassword(), role.Password, pendingMayBeLive: true);
        await PostgresRotation.Rotator().SetSecretAsync(rotation, _stop);
        await role.ShouldHoldAsync(role.Password, _stop);
        role.RefusedLogins().ShouldBe(0);
    }

    [Fact]
    public async Task RoleThatDoesNotExist_IsRefusedLikeAWrongPassword()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        await (await servers.GetAsync(15)).ExecuteAsync($"DROP ROLE {role.QuotedName}", _stop);
        await Test(role.With(role.Password)).ShouldFailAsync(FailureCause.Auth, role.Password);
    }

    [Fact]
    public async Task RoleThatMayNotLogIn_IsAPrecondition()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        await role.AlterAsync("NOLOGIN", _stop);
        (await Test(role.With(role.Password)).ShouldFailAsync(FailureCause.Precondition, role.Password)).Message.ShouldContain("NOLOGIN");
    }

    [Fact]
    public async Task PasswordPastItsDate_IsRefused_AndTheTextSaysThatItMayBe()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, options: "VALID UNTIL '2020-01-01'");
        (await Test(role.With(role.Password)).ShouldFailAsync(FailureCause.Auth, role.Password)).Message.ShouldContain("VALID UNTIL");
    }

    [Fact]
    public async Task DatabaseThatDoesNotExist_IsAPrecondition()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        var failure = await Test(role.With(role.Password, database: "no such database"))
            .ShouldFailAsync(FailureCause.Precondition, role.Password);
        failure.Message.ShouldContain("dbname");
        failure.SqlState.ShouldBe("3D000");
    }

    [Fact]
    public async Task DatabaseWithAHostileName_IsConnectedTo()
    {
        const string Name = "a'b\"c; Password=x";
        var server = await servers.GetAsync(15);
        await server.ExecuteAsync("CREATE DATABASE \"a'b\"\"c; Password=x\"", _stop);
        var role = await TestRole.CreateAsync(server, _stop);
        await Test(role.With(role.Password, database: Name));
        server.Log.ShouldContain($"user={role.Name} database={Name}");
    }

    [Fact]
    public async Task W26_NoConnectionIsLeft_IsUnavailable()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, options: "CONNECTION LIMIT 0");
        var failure = await Test(role.With(role.Password)).ShouldFailAsync(FailureCause.Unavailable, role.Password);
        failure.SqlState.ShouldBe("53300");
        failure.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task RoleOfOneConnection_Rotates()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, options: "CONNECTION LIMIT 1");
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
        await role.AlterAsync("CONNECTION LIMIT -1", _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
    }

    [Fact]
    public async Task W26_ApplicationLeavesOneConnection_IsUnavailable_AndChangesNothing()
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop, options: "CONNECTION LIMIT 2");
        await using (await role.OpenAsync(_stop))
        {
            await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop)
                .ShouldFailAsync(FailureCause.Unavailable, role.Password, _pending);
            var hops = await PostgresRotation.Rotator().DiagnoseAsync(
                new RotationSubject { Current = role.With(role.Password) }, _stop).ToListAsync(_stop);
            hops[^1].Hop.ShouldBe("privileges");
            hops[^1].Cause.ShouldBe(FailureCause.Unavailable);
            hops[^1].Remedy!.ShouldContain("CONNECTION LIMIT");
        }
        await role.AlterAsync("CONNECTION LIMIT -1", _stop);
        await role.ShouldHoldAsync(role.Password, _stop, _pending);
    }

    [Theory]
    [InlineData("127.0.0.1,10.0.0.1")]
    [InlineData("/var/run/postgresql")]
    [InlineData("localhost:5432")]
    [InlineData("x;Password=y")]
    public async Task HostThatIsMoreThanAHost_IsRefused(string host)
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        foreach (var tls in Enum.GetValues<TlsMode>())
            await Test(role.With(role.Password, tls, host)).ShouldFailAsync(FailureCause.Precondition, role.Password);
    }

    private Task Test(DatabaseCredentials credentials) =>
        PostgresRotation.Rotator().TestSecretAsync(new() { Current = credentials, Pending = credentials }, _stop);
}
