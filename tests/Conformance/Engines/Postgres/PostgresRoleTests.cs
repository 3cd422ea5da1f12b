using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>Settings of roles and servers that get in the way of a change, and races for one role.</summary>
public sealed class PostgresRoleTests(PostgresServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly string _pending = TestRole.NewPassword();

    [Theory]
    [InlineData("default_transaction_read_only = on")]
    [InlineData("synchronous_commit = off")]
    [InlineData("idle_in_transaction_session_timeout = 1")]
    [InlineData("search_path = nowhere, pg_catalog")]
    [InlineData("standard_conforming_strings = off")]
    [InlineData("client_encoding = latin1")]
    [InlineData("default_transaction_isolation = serializable")]
    [InlineData("log_statement = 'none'")]
    public async Task SettingOfTheRole_DoesNotMatter(string setting)
    {
        var role = await TestRole.CreateAsync(await servers.GetAsync(15), _stop);
        await role.AlterAsync($"SET {setting}", _stop);
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
    }

    [Fact]
    public async Task RoleThatSwitchesToAnother_ChangesItsOwnPassword()
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop);
        var owner = await TestRole.CreateAsync(server, _stop);
        await server.ExecuteAsync($"GRANT {owner.QuotedName} TO {role.QuotedName}", _stop);
        await role.AlterAsync($"SET role = {owner.QuotedName}", _stop);
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
        await owner.ShouldHoldAsync(owner.Password, _stop, _pending);
    }

    [Fact]
    public async Task FunctionsOfTheRolesOwn_AreNotCalledInsteadOfTheServers()
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop);
        await server.ExecuteAsync(
            $"CREATE SCHEMA AUTHORIZATION {role.QuotedName}; " +
            $"CREATE FUNCTION {role.QuotedName}.pg_is_in_recovery() RETURNS bool LANGUAGE sql AS 'SELECT true'", _stop);
        await role.AlterAsync($"SET search_path = {role.QuotedName}, pg_catalog", _stop);
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
    }

    [Fact]
    public async Task W24_AmazonsRestriction_IsAPrivilegeFailure_AndChangesNothing()
    {
        var server = await servers.GetAsync(15);
        var role = await TestRole.CreateAsync(server, _stop);
        await role.AlterAsync("SET rds.restrict_password_commands = 'on'", _stop);
        (await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop)
            .ShouldFailAsync(FailureCause.Privilege, role.Password, _pending)).Message.ShouldContain("rds_password");
        await role.ShouldHoldAsync(role.Password, _stop, _pending);

        await server.ExecuteAsync("CREATE ROLE rds_password NOLOGIN", _stop);
        await server.ExecuteAsync($"GRANT rds_password TO {role.QuotedName}", _stop);
        await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
        await role.ShouldHoldAsync(_pending, _stop, role.Password);
    }

    [Fact]
    public async Task W23_Replica_IsUnavailable()
    {
        await using var server = await PrivatePostgres.StartAsync(15, _stop);
        var role = await TestRole.CreateAsync(server, _stop);
        await server.RestartAsReplicaAsync(_stop);
        (await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop)
            .ShouldFailAsync(FailureCause.Unavailable, role.Password, _pending)).Message.ShouldContain("primary");
    }

    /// <summary>Two secrets that name one role: whoever comes second must not overwrite what the first has proved.</summary>
    [Theory]
    [InlineData("postgres", "postgres")]
    [InlineData("postgres", "template1")]
    public async Task RotationsOfOneRoleAtOnce_OneWins_AndItsPasswordHolds(string firstDatabase, string secondDatabase)
    {
        const int Rounds = 15;
        var role = await TestRole.CreateAsync(await servers.GetAsync(18), _stop);
        var current = role.Password;
        for (var round = 0; round < Rounds; round++)
        {
            string[] pending = [TestRole.NewPassword(), TestRole.NewPassword()];
            string[] databases = [firstDatabase, secondDatabase];
            var failures = await Task.WhenAll(Enumerable.Range(0, 2).Select(which => OutcomeAsync(new RotationRequest
            {
                Current = role.With(current, database: databases[which]),
                Pending = role.With(pending[which], database: databases[which]),
            })));
            var winner = Array.FindIndex(failures, failure => failure is null);
            winner.ShouldBeGreaterThanOrEqualTo(0, $"{failures[0]} {failures[1]}");
            failures[1 - winner].ShouldNotBeNull($"round {round}: both believe to have won");
            failures[1 - winner]!.Cause.ShouldBeOneOf(FailureCause.Conflict, FailureCause.Auth);
            await role.ShouldHoldAsync(pending[winner], _stop, pending[1 - winner], current);
            current = pending[winner];
        }

        async Task<RotatorException?> OutcomeAsync(RotationRequest rotation)
        {
            try
            {
                await PostgresRotation.Rotator().SetSecretAsync(rotation, _stop);
                return null;
            }
            catch (RotatorException e)
            {
                return e;
            }
        }
    }

    [Fact]
    public async Task ManyRolesAtOnce_AllRotate()
    {
        var server = await servers.GetAsync(18);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var role = await TestRole.CreateAsync(server, _stop);
            await PostgresRotation.Rotator().SetSecretAsync(role.Rotation(role.Password, _pending), _stop);
            await role.ShouldHoldAsync(_pending, _stop, role.Password);
        }));
    }
}
