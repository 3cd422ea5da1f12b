using Npgsql;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres.Pairs;

/// <summary>Alternating users on PostgreSQL, named after the weaknesses of AWS's template that they do not have.</summary>
public sealed class PostgresPairTests(PostgresServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    public static TheoryData<int> Versions => [13, 15, 16, 18];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task FiftyTurns_KeepTwoRoles_AndBothPasswordsLogIn(int version)
    {
        var server = await servers.GetAsync(version);
        foreach (var mode in (PostgresCloneMode[])[PostgresCloneMode.Member, PostgresCloneMode.OwnerRole])
        {
            var pair = await PostgresPair.CreateAsync(server, _stop);
            pair.Settings = new RotationSettings { PostgresClone = mode, OwnerRole = pair.Base + "_owner" };
            for (var turn = 0; turn < 25; turn++)
            {
                await pair.RotateAsync(_stop);
                (await pair.LogsInAsync(pair.Pending, pair.PasswordOf(pair.Pending), _stop)).ShouldBeTrue($"turn {turn}: AWSPREVIOUS");
                (await pair.LogsInAsync(pair.Current, pair.PasswordOf(pair.Current), _stop)).ShouldBeTrue($"turn {turn}: AWSCURRENT");
            }
            (await pair.SuperAsync($"SELECT count(*) FROM pg_roles WHERE rolname IN ('{pair.Base}', '{pair.Twin}') AND rolcanlogin", _stop))
                .ShouldBe(2L);
            await using var connection = await pair.OpenAsync(pair.Base, _stop);
        }
    }

    /// <summary>AWS's template takes a clone that logs in with AWSPENDING for finished, whatever it may do.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task W1_HalfBuiltClone_IsNotPromoted_ButFinished(int version)
    {
        var server = await servers.GetAsync(version);
        var pair = await PostgresPair.CreateAsync(server, _stop);
        var table = await TableAsync(pair);
        var pending = PostgresPair.NewPassword();
        // What an attempt left that died before it granted anything.
        await pair.SuperAsync($"CREATE ROLE {pair.QuotedTwin} LOGIN PASSWORD '{pending}'", _stop);
        await pair.Rotator.TestSecretAsync(pair.Request(pending), _stop).ShouldFailAsync(FailureCause.Privilege, pending);

        await pair.RotateAsync(_stop, pending);
        (await pair.AsAsync(pair.Twin, $"SELECT count(*) FROM {table}", _stop)).ShouldBe(0L);
    }

    [Fact]
    public async Task W2_RevokedRight_IsTakenFromTheClone_AndSettingsFollow()
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(16), _stop);
        await pair.SuperAsync($"CREATE TABLE w2_{pair.Base} (id int); GRANT SELECT ON w2_{pair.Base} TO {pair.QuotedBase}", _stop);
        await pair.RotateAsync(_stop);
        await pair.SuperAsync(
            $"""
            REVOKE SELECT ON w2_{pair.Base} FROM {pair.QuotedBase};
            GRANT SELECT, DELETE ON w2_{pair.Base} TO {pair.QuotedTwin};
            ALTER ROLE {pair.QuotedBase} SET search_path = 'one', 'two';
            ALTER ROLE {pair.QuotedTwin} SET work_mem = '1MB';
            ALTER ROLE {pair.QuotedBase} CONNECTION LIMIT 7;
            """, _stop);
        (await pair.Rotator.CheckAsync(pair.Request("x"), _stop)).Count.ShouldBe(5);
        await pair.RotateAsync(_stop);
        (await pair.Rotator.CheckAsync(pair.Request("x"), _stop)).ShouldBeEmpty();
        (await pair.AsAsync(pair.Twin, $"SELECT count(*) FROM public.w2_{pair.Base}", _stop))
            .ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        (await pair.AsAsync(pair.Twin, "SHOW search_path", _stop)).ShouldBe("one, two");
        (await pair.AsAsync(pair.Twin, "SHOW work_mem", _stop)).ShouldBe("4MB");
        (await pair.SuperAsync($"SELECT rolconnlimit FROM pg_roles WHERE rolname = '{pair.Twin}'", _stop)).ShouldBe(7);
    }

    /// <summary>With AWS's template the table belongs to the clone, and the base is locked out of it (its issues 38, 39, 43, 56).</summary>
    [Theory]
    [InlineData(PostgresCloneMode.Member)]
    [InlineData(PostgresCloneMode.OwnerRole)]
    public async Task W2_WhatTheCloneMade_IsTheBasesToo(PostgresCloneMode mode)
    {
        foreach (var version in (int[])[13, 18])
        {
            var pair = await PostgresPair.CreateAsync(await servers.GetAsync(version), _stop);
            pair.Settings = new RotationSettings { PostgresClone = mode, OwnerRole = pair.Base + "_owner" };
            var table = await TableAsync(pair);
            await pair.RotateAsync(_stop);
            (await pair.AsAsync(pair.Twin, $"CREATE TABLE {table}_made (id int); ALTER TABLE {table} ADD b int", _stop)).ShouldBeNull();
            await pair.RotateAsync(_stop);
            (await pair.AsAsync(pair.Base, $"ALTER TABLE {table}_made ADD c int; INSERT INTO {table}_made VALUES (1, 2)", _stop))
                .ShouldBeNull();
            (await pair.AsAsync(pair.Twin, $"ALTER TABLE {table}_made ADD d int", _stop)).ShouldBeNull();
        }
    }

    [Fact]
    public async Task W2_SchemaNamedAsTheBase_IsOnTheClonesPath()
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(15), _stop);
        await pair.SuperAsync($"CREATE SCHEMA AUTHORIZATION {pair.QuotedBase}", _stop);
        await pair.AsAsync(pair.Base, "CREATE TABLE mine AS SELECT 42 AS answer", _stop);
        await pair.RotateAsync(_stop);
        (await pair.AsAsync(pair.Twin, "SELECT answer FROM mine", _stop)).ShouldBe(42);
        (await pair.Rotator.CheckAsync(pair.Request("x"), _stop)).ShouldBeEmpty();
    }

    /// <summary>Rights in other databases of the cluster, policies, user mappings: what membership does not carry, too.</summary>
    [Fact]
    public async Task W25_RightsElsewhere_PoliciesAndUserMappings_AreMirrored()
    {
        var server = await servers.GetAsync(18);
        await GrantWorld.EnsureAsync(server);
        var pair = await PostgresPair.CreateAsync(server, _stop);
        pair.Settings = new RotationSettings { PostgresClone = PostgresCloneMode.OwnerRole, OwnerRole = pair.Base + "_owner" };
        await pair.SuperAsync(
            $"""
            CREATE TABLE p_{pair.Base} (id int); INSERT INTO p_{pair.Base} VALUES (1), (2);
            ALTER TABLE p_{pair.Base} ENABLE ROW LEVEL SECURITY;
            CREATE POLICY one ON p_{pair.Base} TO {pair.QuotedBase} USING (id = 1);
            GRANT SELECT ON p_{pair.Base} TO {pair.QuotedBase};
            CREATE USER MAPPING FOR {pair.QuotedBase} SERVER "grants server'" OPTIONS (user 'far', password 'far=away''s');
            """, _stop, GrantWorld.OtherDatabase);
        var plan = await pair.Rotator.PlanAsync(pair.Request("x"), _stop);
        string.Join('\n', plan.Statements).ShouldContain("OPTIONS (\"user\" '***', \"password\" '***')");
        string.Join('\n', plan.Statements).ShouldNotContain("far");
        await pair.RotateAsync(_stop);
        (await pair.AsAsync(pair.Base, $"SELECT count(*) FROM p_{pair.Base}", _stop, GrantWorld.OtherDatabase)).ShouldBe(1L);
        (await pair.AsAsync(pair.Twin, $"SELECT count(*) FROM p_{pair.Base}", _stop, GrantWorld.OtherDatabase)).ShouldBe(1L);
        const string Mappings = "SELECT count(DISTINCT umoptions) || ' ' || count(*) FROM pg_user_mappings WHERE usename LIKE '{0}%'";
        (await pair.SuperAsync(Mappings.Replace("{0}", pair.Base), _stop, GrantWorld.OtherDatabase)).ShouldBe("1 3");
        server.Log.Split('\n').ShouldNotContain(
            line => line.Contains("far=away") && (line.Contains(pair.Twin) || line.Contains(pair.Settings.OwnerRole!)));
    }

    [Fact]
    public async Task W14_OwnerRoleMode_NeitherLoginChangesTheOther()
    {
        foreach (var version in (int[])[13, 16, 18])
        {
            var pair = await PostgresPair.CreateAsync(await servers.GetAsync(version), _stop);
            // Begun as AWS does it: the clone is a member of its base.
            await pair.RotateAsync(_stop);
            (await pair.AsAsync(pair.Twin, $"SET ROLE {pair.QuotedBase}; ALTER ROLE {pair.QuotedBase} PASSWORD NULL", _stop))
                .ShouldBeNull();
            await pair.SuperAsync($"ALTER ROLE {pair.QuotedBase} PASSWORD '{pair.PasswordOf(pair.Base)}'", _stop);

            pair.Settings = new RotationSettings { PostgresClone = PostgresCloneMode.OwnerRole, OwnerRole = pair.Base + "_owner" };
            await pair.RotateAsync(_stop);
            foreach (var (one, other) in ((string, string)[])[(pair.Base, pair.Twin), (pair.Twin, pair.Base)])
            {
                string[] attempts =
                [
                    $"ALTER ROLE {PostgresPair.Quoted(other)} PASSWORD 'hijacked'", $"SET ROLE {PostgresPair.Quoted(other)}",
                    $"RESET ROLE; SET ROLE NONE; ALTER ROLE {PostgresPair.Quoted(other)} PASSWORD 'hijacked'",
                    $"GRANT {PostgresPair.Quoted(other)} TO {PostgresPair.Quoted(one)}",
                ];
                foreach (var attempt in attempts)
                    (await pair.AsAsync(one, attempt, _stop)).ShouldBe(PostgresErrorCodes.InsufficientPrivilege, attempt);
                (await pair.AsAsync(one, "SELECT current_user::text", _stop)).ShouldBe(pair.Base + "_owner");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task W15_NoPassword_ReachesTheServersLog(int version)
    {
        var server = await servers.GetAsync(version);
        var pair = await PostgresPair.CreateAsync(server, _stop);
        List<string> used = [];
        for (var turn = 0; turn < 4; turn++)
        {
            used.Add("' quote \\ \" $alter$ " + PostgresPair.NewPassword());
            await pair.RotateAsync(_stop, used[^1]);
        }
        var log = server.Log;
        log.ShouldContain($"ALTER ROLE {pair.QuotedTwin} LOGIN PASSWORD 'SCRAM-SHA-256$");
        foreach (var password in used) log.ShouldNotContain(password[^32..][..8]);
    }

    [Fact]
    public async Task W16_SessionsOfTheRetiredLogin_AreEnded_AndNoOthers()
    {
        var pair = await PostgresPair.CreateAsync(await servers.GetAsync(16), _stop);
        pair.Settings = new RotationSettings { OldSessions = OldSessions.EndAfterGrace };
        await pair.RotateAsync(_stop);
        await using var old = await pair.OpenAsync(pair.Base, _stop);
        await using var present = await pair.OpenAsync(pair.Twin, _stop);
        // Acts as the base, but was let in as the clone.
        await using (var act = new NpgsqlCommand($"SET ROLE {pair.QuotedBase}", present)) await act.ExecuteNonQueryAsync(_stop);
        await pair.Rotator.RetireAsync(pair.Request("x"), _stop);
        await using var probe = new NpgsqlCommand("SELECT 1", old);
        (await Should.ThrowAsync<NpgsqlException>(() => probe.ExecuteScalarAsync(_stop))).SqlState
            .ShouldBe(PostgresErrorCodes.AdminShutdown);
        await using var other = new NpgsqlCommand("SELECT 1", present);
        (await other.ExecuteScalarAsync(_stop)).ShouldBe(1);
        // The password stays: only sessions were asked to end.
        (await pair.LogsInAsync(pair.Base, pair.PasswordOf(pair.Base), _stop)).ShouldBeTrue();
    }

    private static async Task<string> TableAsync(PostgresPair pair)
    {
        await pair.SuperAsync($"CREATE SCHEMA s_{pair.Base} AUTHORIZATION {pair.QuotedBase}", CancellationToken.None);
        await pair.SuperAsync(
            $"CREATE TABLE s_{pair.Base}.t (id int); ALTER TABLE s_{pair.Base}.t OWNER TO {pair.QuotedBase}", CancellationToken.None);
        return $"s_{pair.Base}.t";
    }
}
