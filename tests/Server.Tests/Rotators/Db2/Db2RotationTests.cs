using Rekey.Rotators;
using Rekey.Rotators.Db2;
using Rekey.Rotators.Strategies;
using Rekey.Server.Tests.Rotators.Sql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Db2;

public sealed class Db2RotationTests
{
    private readonly SimulatedDb2 _server = new()
    {
        Users = { ["APP"] = new Db2User { Password = "old" }, ["MASTER"] = new Db2User { Password = "super" } },
    };

    private Db2Login Login => new(new RotatorOptions(), new ImmediateTime(), _server.ConnectAsync);

    private SingleUser Single => new(Login, Login, new ImmediateTime());

    private AlternatingUsers Alternating => new(DatabaseEngine.Db2, Login, Login, new ImmediateTime());

    private Db2User App => _server.Users["APP"];

    private static DatabaseCredentials Account(string username, string password) =>
        SqlSecrets.Account("db2", username, password, "shop");

    private static RotationRequest Change(bool superuser = true, bool mayBeLive = false) => SqlSecrets.Request(
        Account("app", "old"), Account("app", "n'ew"), superuser ? Account("master", "super") : null, pendingMayBeLive: mayBeLive);

    private static RotationRequest Alternate() =>
        SqlSecrets.Request(Account("app", "old"), Account("app_clone", "n'ew"), Account("master", "super"));

    private static Task<SetSecretResult> SetAsync(IDatabaseRotator rotator, RotationRequest request) =>
        rotator.SetSecretAsync(request, TestContext.Current.CancellationToken);

    private static async Task<bool> TryAsync(IDatabaseRotator rotator, RotationRequest request)
    {
        try
        {
            await SetAsync(rotator, request);
            return true;
        }
        catch (RotatorException e)
        {
            e.Cause.ShouldBe(FailureCause.Network);
            return false;
        }
    }

    private async Task<RotatorException> FailureAsync(IDatabaseRotator rotator, RotationRequest request)
    {
        var e = await Should.ThrowAsync<RotatorException>(() => SetAsync(rotator, request));
        _server.OpenSessions.ShouldBe(0);
        return e;
    }

    private static void GiveRights(Db2User user)
    {
        user.Rights.UnionWith(
        [
            ("CONNECT", "ON DATABASE", null, false), ("SELECT", "ON TABLE \"S\".\"T\"", null, false),
            ("SELECT", "ON TABLE \"S\".\"T\"", null, true), ("UPDATE", "ON TABLE \"S\".\"T\"", "C", false),
            ("ROLE", "\"READER\"", null, false), ("EXECUTE", "ON SPECIFIC FUNCTION \"S\".\"F\"", null, false),
            ("USE", "OF TABLESPACE \"TS\"", null, false),
        ]);
        user.Groups.Add("SALES");
    }

    /// <summary>AWS's template sleeps ten seconds whatever happens, or not at all (alternating users).</summary>
    [Fact]
    public async Task RdsPassword_IsWaitedForAndThenProven()
    {
        await SetAsync(Single, Change());
        _server.Sent.ShouldBe(
        [
            "login app old", "login master super", "login master super", "CALL rdsadmin.change_password('app', 'n''ew')", "login app n'ew",
        ]);
        _server.Queries.Count(query => query.StartsWith("SELECT lifecycle", StringComparison.Ordinal)).ShouldBe(4);
        (_server.Refused, _server.OpenSessions).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData("FAILED", FailureCause.Other)]
    [InlineData("IN_PROGRESS", FailureCause.Timeout)]
    public async Task RdsTaskThatDoesNotCome_IsAFailureInBoundedTime(string end, FailureCause cause)
    {
        _server.TaskEnd = end;
        (await FailureAsync(Single, Change())).Cause.ShouldBe(cause);
        _server.Queries.Count.ShouldBeLessThan(100);
        App.Password.ShouldBe("old");
    }

    [Fact]
    public async Task OutsideOfRds_TheAccountChangesItsPasswordWhileConnecting()
    {
        _server.IsRds = false;
        await SetAsync(Single, Change(superuser: false));
        _server.Sent.ShouldBe(["login app old", "new password n'ew", "login app old", "login app n'ew"]);
        App.Password.ShouldBe("n'ew");
    }

    [Fact]
    public async Task OutsideOfRds_ASuperuserIsRefusedWithTheRemedy()
    {
        _server.IsRds = false;
        foreach (var (rotator, request) in ((IDatabaseRotator, RotationRequest)[])[(Single, Change()), (Alternating, Alternate())])
        {
            var e = await FailureAsync(rotator, request);
            e.Cause.ShouldBe(FailureCause.Precondition);
            e.Message.ShouldContain("operating system or a directory");
        }
    }

    [Fact]
    public async Task OnRds_AnAccountAloneIsToldToBindASuperuser()
    {
        var e = await FailureAsync(Single, Change(superuser: false));
        e.Cause.ShouldBe(FailureCause.Precondition);
        e.Message.ShouldContain("bind a superuser");
    }

    [Fact]
    public async Task FirstRotation_SendsTheseStatementsInThisOrder()
    {
        GiveRights(App);
        await SetAsync(Alternating, Alternate());
        _server.Sent[3].ShouldStartWith("CALL rdsadmin.add_user('app_clone', '");
        _server.Sent.RemoveAt(3);
        _server.Sent.ShouldBe(
        [
            "login app old",
            "login master super",
            "login master super",
            "CALL rdsadmin.add_groups('app_clone', 'sales')",
            "GRANT ROLE \"READER\" TO USER \"APP_CLONE\"",
            "GRANT CONNECT ON DATABASE TO USER \"APP_CLONE\"",
            "GRANT EXECUTE ON SPECIFIC FUNCTION \"S\".\"F\" TO USER \"APP_CLONE\"",
            "GRANT SELECT ON TABLE \"S\".\"T\" TO USER \"APP_CLONE\" WITH GRANT OPTION",
            "GRANT UPDATE (\"C\") ON TABLE \"S\".\"T\" TO USER \"APP_CLONE\"",
            "GRANT USE OF TABLESPACE \"TS\" TO USER \"APP_CLONE\"",
            "CALL rdsadmin.change_password('app_clone', 'n''ew')",
            "login app_clone n'ew",
        ]);
        _server.Users["APP_CLONE"].Description.ShouldBe(App.Description);
        _server.OpenSessions.ShouldBe(0);
    }

    [Fact]
    public async Task W1_HalfBuiltClone_IsNotPromoted()
    {
        for (var drop = 1; ; drop++)
        {
            var test = new Db2RotationTests();
            test._server.DropAfter = drop;
            GiveRights(test.App);
            var isDone = await TryAsync(test.Alternating, Alternate());
            if (test._server.Users.GetValueOrDefault("APP_CLONE") is { Password: "n'ew" } live)
                live.Description.ShouldBe(test.App.Description, $"drop {drop}");
            if (!isDone)
            {
                test._server.DropAfter = 0;
                (await TryAsync(test.Alternating, Alternate() with { PendingMayBeLive = true })).ShouldBeTrue();
            }
            test._server.Users["APP_CLONE"].Description.ShouldBe(test.App.Description);
            test._server.Users["APP_CLONE"].Password.ShouldBe("n'ew");
            if (!isDone) continue;
            drop.ShouldBeGreaterThan(12);
            return;
        }
    }

    [Fact]
    public async Task W13_RandomRightsWithHostileNames_AreMadeEqual()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var test = new Db2RotationTests();
            var names = HostileNames.Pick(random, 4, doubleQuotes: true).ConvertAll(name => name.TrimEnd());
            Fill(test.App, names, random);
            if (random.Next(3) > 0) Fill(test._server.Users["APP_CLONE"] = new Db2User { Password = "x" }, names, random);
            try
            {
                await SetAsync(test.Alternating, Alternate());
            }
            catch (RotatorException e)
            {
                Assert.Fail($"seed {seed}: {e.Message}\n{string.Join('\n', test._server.Sent)}");
            }
            test._server.Users["APP_CLONE"].Description.ShouldBe(test.App.Description, $"seed {seed}");
        }
    }

    private static void Fill(Db2User user, List<string> names, Random random)
    {
        foreach (var privilege in (ReadOnlySpan<string>)["CONNECT", "BINDADD", "IMPLICIT_SCHEMA"])
            if (random.Next(2) == 0) user.Rights.Add((privilege, "ON DATABASE", null, false));
        foreach (var name in names)
        {
            var quoted = SimulatedDb2.Quote(name);
            if (random.Next(3) == 0) Add("ROLE", quoted, null);
            foreach (var (kind, privileges) in SimulatedDb2.Kinds)
            {
                var preposition = kind == "TABLESPACE" ? "OF" : "ON";
                var other = kind is "TABLESPACE" or "SCHEMA" ? "" : "." + SimulatedDb2.Quote(names[0]);
                foreach (var privilege in privileges)
                {
                    if (random.Next(4) == 0) Add(privilege, $"{preposition} {kind} {quoted}{other}", null);
                    if (privilege is "UPDATE" or "REFERENCES" && random.Next(3) == 0)
                        Add(privilege, $"ON TABLE {quoted}{other}", names[random.Next(4)]);
                }
            }
            if (random.Next(3) == 0) Add("EXECUTE", $"ON SPECIFIC PROCEDURE {quoted}.{quoted}", null);
        }
        foreach (var group in (ReadOnlySpan<string>)["SALES", "OPS"]) if (random.Next(2) == 0) user.Groups.Add(group);

        void Add(string privilege, string on, string? column)
        {
            user.Rights.Add((privilege, on, column, false));
            if (privilege != "CONTROL" && random.Next(3) == 0) user.Rights.Add((privilege, on, column, true));
        }
    }

    [Theory]
    [InlineData("rdsadmin")]
    [InlineData("db2inst1")]
    [InlineData("Master")]
    [InlineData("boss")]
    public async Task W11_PowerfulAccounts_AreRefused(string username)
    {
        var name = username.ToUpperInvariant();
        var password = name == "MASTER" ? "super" : "old";
        if (name != "MASTER") _server.Users[name] = new Db2User { Password = password };
        if (name == "BOSS") _server.Users[name].Rights.Add(("DBADM", "ON DATABASE", null, false));
        var request = Alternate() with { Current = Account(username, password), Pending = Account(username + "_clone", "new") };
        (await FailureAsync(Alternating, request)).Cause.ShouldBe(FailureCause.Precondition);
        _server.Sent.ShouldNotContain(text => text.StartsWith("CALL", StringComparison.Ordinal));
    }
}
