using Rekey.Rotators;
using Rekey.Rotators.Oracle;
using Rekey.Server.Tests.Rotators.Sql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Oracle;

public sealed class OracleAlternatingTests
{
    private readonly OracleRotation _rotation = new();

    private static void GiveRights(OracleAccount user)
    {
        user.Quotas["USERS"] = -1;
        user.Rights.UnionWith(
        [
            ("CREATE SESSION", null, null, ""), ("\"REPORTING\"", null, null, ""), ("\"AUDIT\"", null, null, ""),
            ("\"AUDIT\"", null, null, "ADMIN"),
            ("SELECT", "\"SHOP\".\"ORDERS\"", null, ""), ("SELECT", "\"SHOP\".\"ORDERS\"", null, "GRANT"),
            ("UPDATE", "\"SHOP\".\"ORDERS\"", "STATE", ""), ("READ", "DIRECTORY \"DUMPS\"", null, ""),
        ]);
        user.DefaultRoles = new SortedSet<string> { "REPORTING" };
        user.Synonyms["ORDERS"] = "\"SHOP\".\"ORDERS\"";
    }

    [Fact]
    public async Task FirstRotation_SendsTheseStatementsInThisOrder()
    {
        GiveRights(_rotation.App);
        await _rotation.SetAsync(_rotation.Alternating, OracleRotation.Alternate());
        var sent = _rotation.Server.Sent;
        sent[2].ShouldStartWith("CREATE USER \"APP_CLONE\" IDENTIFIED BY \"");
        sent[2].ShouldEndWith("\" DEFAULT TABLESPACE \"USERS\" TEMPORARY TABLESPACE \"TEMP\" PROFILE \"DEFAULT\" ACCOUNT LOCK");
        sent.RemoveAt(2);
        sent.ShouldBe(
        [
            "login app old",
            "login admin super",
            "ALTER USER \"APP_CLONE\" QUOTA UNLIMITED ON \"USERS\"",
            "GRANT \"AUDIT\" TO \"APP_CLONE\" WITH ADMIN OPTION",
            "GRANT \"REPORTING\" TO \"APP_CLONE\"",
            "GRANT CREATE SESSION TO \"APP_CLONE\"",
            "GRANT READ ON DIRECTORY \"DUMPS\" TO \"APP_CLONE\"",
            "GRANT SELECT ON \"SHOP\".\"ORDERS\" TO \"APP_CLONE\" WITH GRANT OPTION",
            "GRANT UPDATE (\"STATE\") ON \"SHOP\".\"ORDERS\" TO \"APP_CLONE\"",
            "ALTER USER \"APP_CLONE\" DEFAULT ROLE \"REPORTING\"",
            "CREATE OR REPLACE SYNONYM \"APP_CLONE\".\"ORDERS\" FOR \"SHOP\".\"ORDERS\"",
            "ALTER USER \"APP_CLONE\" IDENTIFIED BY \"new\" ACCOUNT UNLOCK",
            "login app_CLONE new",
        ]);
        _rotation.Server.Users["APP_CLONE"].Description.ShouldBe(_rotation.App.Description);
        _rotation.Server.OpenSessions.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task W1_HalfBuiltClone_IsNotPromoted(bool overlap)
    {
        for (var drop = 1; ; drop++)
        {
            var rotation = new OracleRotation { Server = { DropAfter = drop } };
            if (overlap) rotation.LetOverlap();
            GiveRights(rotation.App);
            var isDone = await rotation.TryAsync(rotation.Alternating, OracleRotation.Alternate());
            if (rotation.Server.Users.GetValueOrDefault("APP_CLONE") is { Lock: "" } live)
                live.Description.ShouldBe(rotation.App.Description, $"drop {drop}");
            if (!isDone)
            {
                rotation.Server.DropAfter = 0;
                (await rotation.TryAsync(rotation.Alternating, OracleRotation.Alternate() with { PendingMayBeLive = true })).ShouldBeTrue();
            }
            var clone = rotation.Server.Users["APP_CLONE"];
            (clone.Newest, clone.Older, clone.Lock).ShouldBe(("new", null, ""));
            clone.Description.ShouldBe(rotation.App.Description);
            rotation.App.Accepts("old").ShouldBeTrue();
            if (!isDone) continue;
            drop.ShouldBeGreaterThan(13);
            return;
        }
    }

    [Fact]
    public async Task W13_RandomRightsWithHostileNames_AreMadeEqual()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var rotation = new OracleRotation();
            var names = HostileNames.Pick(random, 8);
            Fill(rotation, "APP", names, random);
            if (random.Next(3) > 0)
            {
                rotation.Server.Users["APP_CLONE"] = new OracleAccount { Newest = "x" };
                Fill(rotation, "APP_CLONE", names, random);
            }
            try
            {
                await rotation.SetAsync(rotation.Alternating, OracleRotation.Alternate());
            }
            catch (RotatorException e)
            {
                Assert.Fail($"seed {seed}: {e.Message}\n{string.Join('\n', rotation.Server.Sent)}");
            }
            rotation.Server.Users["APP_CLONE"].Description.ShouldBe(rotation.App.Description, $"seed {seed}");
            ProxiesOf(rotation, "APP_CLONE").ShouldBe(ProxiesOf(rotation, "APP"), $"seed {seed}");
        }
    }

    private static List<string> ProxiesOf(OracleRotation rotation, string name) =>
    [
        .. rotation.Server.Proxies.Where(entry => entry.Key.Client == name).Select(entry => $"through {entry.Key.Proxy} {entry.Value}")
            .Concat(rotation.Server.Proxies.Where(entry => entry.Key.Proxy == name)
                .Select(entry => $"for {entry.Key.Client} {entry.Value}"))
            .Order(StringComparer.Ordinal),
    ];

    private static void Fill(OracleRotation rotation, string username, List<string> names, Random random)
    {
        var user = rotation.Server.Users[username];
        rotation.Server.Profiles["pro file"] = new OracleLimits();
        (user.Tablespace, user.Profile) = (names[random.Next(2)], random.Next(2) == 0 ? "DEFAULT" : "pro file");
        foreach (var name in names)
        {
            var quoted = OracleText.Name(name);
            if (random.Next(4) == 0) user.Quotas[name] = random.Next(2) == 0 ? -1 : 1 + random.NextInt64(1L << 40);
            if (random.Next(2) == 0) Right(($"{quoted}", null, null, ""), "ADMIN");
            if (random.Next(3) == 0) user.Synonyms[name] = $"{quoted}.{OracleText.Name(names[random.Next(names.Count)])}";
            foreach (var privilege in (ReadOnlySpan<string>)["SELECT", "UPDATE", "REFERENCES"])
            {
                var on = $"{quoted}.{OracleText.Name(names[0])}";
                if (random.Next(3) == 0) Right((privilege, on, null, ""), "GRANT");
                if (privilege == "SELECT") continue;
                foreach (var column in names.Take(3)) if (random.Next(3) == 0) Right((privilege, on, column, ""), "GRANT");
            }
            if (random.Next(4) == 0) Right(("READ", $"DIRECTORY {quoted}", null, ""), "GRANT");
            if (random.Next(6) == 0) rotation.Server.Proxies[(username, name)] = random.Next(3) switch
            {
                0 => "",
                1 => $"WITH ROLE {OracleText.Name(names[0])}",
                _ => "WITH NO ROLES AUTHENTICATION REQUIRED",
            };
            if (random.Next(6) == 0) rotation.Server.Proxies[(name, username)] = $"WITH ROLE ALL EXCEPT {quoted}";
        }
        foreach (var privilege in (ReadOnlySpan<string>)["CREATE SESSION", "SELECT ANY TABLE"])
            if (random.Next(2) == 0) Right((privilege, null, null, ""), "ADMIN");
        if (random.Next(2) == 0) user.DefaultRoles = new(user.Roles.Where(_ => random.Next(2) == 0), StringComparer.Ordinal);

        void Right((string Privilege, string? On, string? Column, string Option) right, string option)
        {
            user.Rights.Add(right);
            if (random.Next(3) == 0) user.Rights.Add(right with { Option = option });
        }
    }

    [Fact]
    public async Task NarrowedOption_IsTakenWithThePrivilegeWhichIsGivenAgain()
    {
        GiveRights(_rotation.App);
        var first = await _rotation.SetAsync(_rotation.Alternating, OracleRotation.Alternate());
        _rotation.App.Rights.Remove(("SELECT", "\"SHOP\".\"ORDERS\"", null, "GRANT"));
        _rotation.Server.Sent.Clear();
        var next = OracleRotation.Alternate("app_CLONE", "app") with { Pin = first.Pin };
        await _rotation.SetAsync(_rotation.Alternating, next with { Current = OracleRotation.Account("app_CLONE", "new") });
        _rotation.Server.Sent[2..4].ShouldBe(
            ["REVOKE SELECT ON \"SHOP\".\"ORDERS\" FROM \"APP_CLONE\"", "GRANT SELECT ON \"SHOP\".\"ORDERS\" TO \"APP_CLONE\""]);
        _rotation.Server.Users["APP_CLONE"].Description.ShouldBe(_rotation.App.Description);
    }

    [Theory]
    [InlineData("sys")]
    [InlineData("SYSTEM")]
    [InlineData("rdsadmin")]
    [InlineData("admin")]
    [InlineData("dba_person")]
    public async Task W11_PowerfulAccounts_AreRefused(string username)
    {
        var name = username.ToUpperInvariant();
        _rotation.Server.Users[name] = new OracleAccount { Newest = name == "ADMIN" ? "super" : "old" };
        if (username == "dba_person") _rotation.Server.Users[name].Rights.Add(("\"DBA\"", null, null, ""));
        var request = OracleRotation.Alternate(username, username + "_CLONE");
        if (name == "ADMIN") request = request with { Current = OracleRotation.Account(username, "super") };
        var e = await _rotation.FailureAsync(_rotation.Alternating, request);
        (e.Cause, e.TargetUntouched).ShouldBe((FailureCause.Precondition, true));
        _rotation.Server.Sent.ShouldNotContain(text => text.StartsWith("CREATE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AccountThatOwnsObjects_IsRefusedWithTheRemedy()
    {
        _rotation.App.OwnedObjects = 12;
        var e = await _rotation.FailureAsync(_rotation.Alternating, OracleRotation.Alternate());
        e.Cause.ShouldBe(FailureCause.Precondition);
        e.Message.ShouldContain("owns 12 objects");
    }

    [Fact]
    public async Task RightGrantedByAnother_IsReportedAndNothingPromoted()
    {
        GiveRights(_rotation.App);
        _rotation.Server.Users["APP_CLONE"] = new OracleAccount { Newest = "x" };
        _rotation.Server.Users["APP_CLONE"].Rights.Add(("DELETE", "\"SHOP\".\"ORDERS\"", null, ""));
        _rotation.Server.Fails = text => text.StartsWith("REVOKE", StringComparison.Ordinal) ? SimulatedOracle.Failure(1927) : null;
        var e = await _rotation.FailureAsync(_rotation.Alternating, OracleRotation.Alternate());
        (e.Cause, e.NativeCode).ShouldBe((FailureCause.Privilege, "1927"));
        e.Message.ShouldContain("DELETE on \"SHOP\".\"ORDERS\"");
        _rotation.Server.Users["APP_CLONE"].Newest.ShouldBe("x");
    }
}
