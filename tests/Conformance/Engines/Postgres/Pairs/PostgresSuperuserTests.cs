using Npgsql;
using Rekey.Aws;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres.Pairs;

/// <summary>What the superuser's session does and refuses to do, on real servers.</summary>
public sealed class PostgresSuperuserTests(PostgresServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    /// <summary>Without retries a third of such changes fail with "tuple concurrently updated".</summary>
    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task W10_RotationsOfOneRole_AtOneTime_DoNotCollide(int version)
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(version), _stop);
        await pair.RotateAsync(_stop);
        var pendings = Enumerable.Range(0, 8).Select(_ => PostgresPair.NewPassword()).ToList();
        await Task.WhenAll(pendings.Select(pending => pair.Rotator.SetSecretAsync(pair.Request(pending), _stop)
            .ContinueWith(step => step.Exception?.InnerException is RotatorException e && e.Cause != FailureCause.Auth
                ? throw e
                : true, _stop, TaskContinuationOptions.None, TaskScheduler.Default)));
        var inUse = 0;
        foreach (var pending in pendings) inUse += await pair.LogsInAsync(pair.Pending, pending, _stop) ? 1 : 0;
        inUse.ShouldBe(1);
    }

    /// <summary>Amazon's rds.restrict_password_commands: nobody but the master may change a password.</summary>
    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task W24_SingleUser_ByTheSuperuser_AlsoWhenNoStoredPasswordLogsIn(int version)
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(version), _stop);
        var rotator = RotatorCatalogue.Find("SecretsManagerRDSPostgreSQLRotationSingleUser")!
            .Create(new RotatorOptions(), TimeProvider.System);
        var first = PostgresPair.NewPassword();
        var request = pair.Request(first) with { Pending = pair.Credentials(pair.Base, first) };
        var result = await rotator.SetSecretAsync(request, _stop);
        (await pair.LogsInAsync(pair.Base, first, _stop)).ShouldBeTrue();

        await pair.SuperAsync($"ALTER ROLE {pair.QuotedBase} PASSWORD 'by hand'", _stop);
        var second = PostgresPair.NewPassword();
        await rotator.SetSecretAsync(
            request with { Current = request.Pending, Pending = pair.Credentials(pair.Base, second), Pin = result.Pin }, _stop);
        (await pair.LogsInAsync(pair.Base, second, _stop)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("SUPERUSER", "SUPERUSER")]
    [InlineData("CREATEROLE", "CREATEROLE")]
    [InlineData("REPLICATION", "REPLICATION")]
    [InlineData("BYPASSRLS", "BYPASSRLS")]
    [InlineData("IN ROLE pg_execute_server_program", "pg_execute_server_program")]
    [InlineData("IN ROLE postgres", "superuser secret's own role")]
    public async Task W11_PowerfulRole_IsRefused_AndNothingIsMade(string options, string reason)
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(16), _stop, options: options);
        var failure = await pair.RotateAsync(_stop).ShouldFailAsync(FailureCause.Precondition);
        failure.Message.ShouldContain(reason);
        failure.TargetUntouched.ShouldBeTrue();
        (await pair.SuperAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{pair.Twin}'", _stop)).ShouldBe(0L);
    }

    /// <summary>A value that leads elsewhere proves nothing to the superuser's server: neither of the two is changed.</summary>
    [Fact]
    public async Task W11_SuperuserOfAnotherServer_TouchesNothing()
    {
        var (server, rogue) = (await servers.GetAsync(16), await servers.GetAsync(15));
        var real = await PostgresPair.CreateAsync(server, _stop);
        var elsewhere = await PostgresPair.CreateAsync(rogue, _stop, real.Base);
        var pending = PostgresPair.NewPassword();
        var request = elsewhere.Request(pending) with { Superuser = real.Request(pending).Superuser };
        var failure = await real.Rotator.SetSecretAsync(request, _stop).ShouldFailAsync(FailureCause.Precondition, pending);
        failure.Message.ShouldContain("is not the same host as");
        failure.TargetUntouched.ShouldBeTrue();
        foreach (var pair in (PostgresPair[])[real, elsewhere])
        {
            (await pair.SuperAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{pair.Twin}'", _stop)).ShouldBe(0L);
            (await pair.LogsInAsync(pair.Base, pair.PasswordOf(pair.Base), _stop)).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Version16_CreateRoleWithoutAdminOption_IsAPrivilegeFailure_AndWithItEnough()
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(16), _stop);
        var master = (Name: pair.Base + "_master", Password: PostgresPair.NewPassword());
        await pair.SuperAsync($"CREATE ROLE {master.Name} LOGIN CREATEROLE PASSWORD '{master.Password}'", _stop);
        pair.Superuser = master;
        var failure = await pair.RotateAsync(_stop).ShouldFailAsync(FailureCause.Privilege, master.Password);
        failure.Message.ShouldContain("ADMIN OPTION");
        await pair.SuperAsync($"GRANT {pair.QuotedBase} TO {master.Name} WITH ADMIN OPTION", _stop);
        await pair.RotateAsync(_stop);
        await pair.RotateAsync(_stop);
        (await pair.AsAsync(pair.Twin, $"SELECT pg_has_role('{pair.Base}', 'USAGE')::text", _stop)).ShouldBe("true");
    }

    /// <summary>
    /// Who owns a database sets its search path, and makes the operators and functions that a superuser's session finds there first.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task W11_OwnerOfTheDatabase_GetsNoneOfTheSuperusersPower(bool alternating)
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(16), _stop);
        pair.Database = pair.Base + "_db";
        await (await servers.GetAsync(16)).ExecuteAsync($"CREATE DATABASE {pair.Database} OWNER {pair.QuotedBase}", _stop);
        await SetTrapsAsync(pair);
        if (alternating)
        {
            await pair.Rotator.PlanAsync(pair.Request(PostgresPair.NewPassword()), _stop);
            for (var i = 0; i < 3; i++) await pair.RotateAsync(_stop);
        }
        else
        {
            // The superuser's own secret, with the same database in it.
            var master = (Name: pair.Base + "_master", Password: PostgresPair.NewPassword());
            await pair.SuperAsync($"CREATE ROLE {master.Name} LOGIN SUPERUSER PASSWORD '{master.Password}'", _stop);
            var wanted = PostgresPair.NewPassword();
            var rotator = RotatorCatalogue.Find("SecretsManagerRDSPostgreSQLRotationSingleUser")!
                .Create(new RotatorOptions(), TimeProvider.System);
            var request = new RotationRequest
            {
                Current = pair.Credentials(master.Name, master.Password),
                Pending = pair.Credentials(master.Name, wanted),
            };
            (await rotator.DiagnoseAsync(request, _stop).ToListAsync(_stop)).ShouldAllBe(hop => hop.Ok);
            await rotator.ReadPasswordRulesAsync(request, _stop);
            await rotator.SetSecretAsync(request, _stop);
            await rotator.TestSecretAsync(request, _stop);
        }
    }

    private static readonly (string Symbol, string Left, string Right, string Result)[] s_operators =
    [
        ("=", "name", "name", "boolean"), ("=", "name", "text", "boolean"), ("=", "text", "text", "boolean"),
        ("=", "oid", "oid", "boolean"), ("||", "text", "name", "text"), ("||", "text", "text", "text"),
    ];

    private async Task SetTrapsAsync(PostgresPair pair)
    {
        var sql = $"ALTER DATABASE {pair.Database} SET search_path = public, pg_catalog;";
        foreach (var (index, (symbol, left, right, result)) in s_operators.Index())
        {
            sql += $"""
                CREATE FUNCTION public.trap{index}({left}, {right}) RETURNS {result} LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'the trap was sprung';
                END $$;
                CREATE OPERATOR public.{symbol} (leftarg = {left}, rightarg = {right}, function = public.trap{index});
                """;
        }
        await using var owner = await pair.OpenAsync(pair.Base, _stop);
        await using var command = new NpgsqlCommand(sql, owner);
        await command.ExecuteNonQueryAsync(_stop);
    }

    [Fact]
    public async Task SuperuserWithoutCreateRole_IsToldByTheDiagnosis_AndMakesNothing()
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(15), _stop);
        var master = (Name: pair.Base + "_master", Password: PostgresPair.NewPassword());
        await pair.SuperAsync($"CREATE ROLE {master.Name} LOGIN PASSWORD '{master.Password}'", _stop);
        pair.Superuser = master;
        var last = (await pair.Rotator.DiagnoseAsync(pair.Request(PostgresPair.NewPassword()), _stop).ToListAsync(_stop))[^1];
        (last.Hop, last.Ok, last.Cause).ShouldBe(("superuser", false, FailureCause.Privilege));
        last.Detail.ShouldContain("CREATEROLE");
        (await pair.RotateAsync(_stop).ShouldFailAsync(FailureCause.Privilege)).TargetUntouched.ShouldBeTrue();
        (await pair.SuperAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{pair.Twin}'", _stop)).ShouldBe(0L);
    }

    [Fact]
    public async Task W27_WrongDatabase_IsNotTakenForAWrongPassword()
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(16), _stop);
        pair.Database = "nowhere";
        var failure = await pair.RotateAsync(_stop).ShouldFailAsync(FailureCause.Precondition);
        failure.SqlState.ShouldBe(PostgresErrorCodes.InvalidCatalogName);
    }

    [Fact]
    public async Task ExpiredBase_AndGroupInTheClonesPlace_AreRefused()
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(16), _stop);
        await pair.SuperAsync(
            $"CREATE ROLE {pair.QuotedTwin} NOLOGIN; CREATE ROLE m_{pair.Base} IN ROLE {pair.QuotedTwin}", _stop);
        (await pair.RotateAsync(_stop).ShouldFailAsync(FailureCause.Precondition)).Message.ShouldContain("is a group");
        await pair.SuperAsync($"DROP ROLE m_{pair.Base}", _stop);
        await pair.RotateAsync(_stop);
        pair.Pin.ShouldNotBeNull();
        await pair.SuperAsync($"ALTER ROLE {pair.QuotedBase} VALID UNTIL '2020-01-01'", _stop);
        (await pair.RotateAsync(_stop).ShouldFailAsync(FailureCause.Precondition)).Message.ShouldContain("VALID UNTIL");
    }

    /// <summary>Whatever an attempt left when it died, the next one ends in the same state.</summary>
    [Theory]
    [InlineData("CREATE ROLE {0} NOLOGIN")]
    [InlineData("CREATE ROLE {0} NOLOGIN; GRANT {1} TO {0}")]
    [InlineData("CREATE ROLE {0} LOGIN CREATEDB CONNECTION LIMIT 1 VALID UNTIL '2001-01-01' PASSWORD 'x'")]
    [InlineData("CREATE ROLE {0} NOLOGIN NOINHERIT; ALTER ROLE {0} SET work_mem = '64kB'; GRANT CREATE ON DATABASE postgres TO {0}")]
    public async Task AnyPartialState_Converges(string left)
    {
        foreach (var version in (int[])[13, 18])
        {
            var pair = await PostgresPair.CreateAsync(await servers.GetAsync(version), _stop);
            await pair.SuperAsync(left.Replace("{0}", pair.QuotedTwin).Replace("{1}", pair.QuotedBase), _stop);
            var pending = PostgresPair.NewPassword();
            var request = pair.Request(pending);
            await pair.Rotator.SetSecretAsync(request, _stop);
            // The reply was lost: the same step once more.
            await pair.Rotator.SetSecretAsync(request with { PendingMayBeLive = true }, _stop);
            await pair.RotateAsync(_stop, pending);
            (await pair.Rotator.CheckAsync(pair.Request("x"), _stop)).ShouldBeEmpty();
            (await pair.LogsInAsync(pair.Twin, pending, _stop)).ShouldBeTrue();
        }
    }

    /// <summary>Every printable character stands at every place of a password of its own length.</summary>
    [Fact]
    public async Task EveryCharacter_AtEveryPosition_LogsIn()
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(16), _stop);
        await pair.RotateAsync(_stop);
        var printable = string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code));
        for (var shift = 0; shift < printable.Length; shift++)
        {
            // Each rotation of the alphabet moves every character to another place, so that after all each was everywhere.
            var pending = printable[shift..] + printable[..shift];
            await pair.SetPasswordAsync(pending, _stop);
            (await pair.LogsInAsync(pair.Base, pending, _stop)).ShouldBeTrue(pending);
        }
    }
}
