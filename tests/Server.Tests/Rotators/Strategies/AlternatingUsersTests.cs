using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Strategies;

public sealed class AlternatingUsersTests
{
    private readonly ScriptedServer _server = new()
    {
        Accounts = { ["app"] = new ScriptedAccount("current") { Rights = { "read", "write" } } },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private AlternatingUsers Strategy => new(DatabaseEngine.MySql, _server, _server, new ImmediateTime());

    private static DatabaseCredentials Account(string username, string password, string host = "db", int port = 3306) => new()
    {
        Engine = "mysql",
        Host = host,
        Port = port,
        Username = username,
        Password = Sensitive.FromText(password),
        Tls = TlsMode.Verified,
    };

    private static RotationRequest Request(
        string current = "app", string pending = "app_clone", RotationSettings? settings = null, PinnedTarget? pin = null) => new()
        {
            Current = Account(current, "current"),
            Pending = Account(pending, "pending"),
            Superuser = Account(ScriptedServer.SuperuserName, "master-password"),
            Settings = settings ?? RotationSettings.Default,
            Pin = pin,
        };

    private static PinnedTarget Pin(string identity = "server-1", string host = "db", int port = 3306, string username = "app") =>
        new(identity, host, port, username);

    private Task<SetSecretResult> SetAsync(RotationRequest request) => Strategy.SetSecretAsync(request, Cancel);

    private async Task<RotatorException> FailureAsync(RotationRequest request)
    {
        var failure = await Should.ThrowAsync<RotatorException>(() => SetAsync(request));
        _server.OpenSessions.ShouldBe(0);
        return failure;
    }

    [Fact]
    public async Task FirstRotation_MakesTheCloneLocked_ThenItsRights_ThenItsPassword()
    {
        var result = await SetAsync(Request());

        _server.Done.ShouldBe(
        [
            "login app current", "login master master-password", "create app_clone", "GRANT read", "GRANT write",
            "activate app_clone pending", "login app_clone pending",
        ]);
        result.Pin.ShouldBe(Pin());
        result.RefusedSince.ShouldBeNull();
        result.MustRetire.ShouldBeFalse();
        _server.OpenSessions.ShouldBe(0);
        _server["app"].Passwords.ShouldBe(["current"]);
    }

    [Theory]
    [InlineData("create app_clone")]
    [InlineData("GRANT read")]
    [InlineData("GRANT write")]
    [InlineData("activate app_clone pending")]
    public async Task W1_HalfBuiltClone_DoesNotLogInAndIsFinishedByTheNextAttempt(string failing)
    {
        var broke = new RotatorException(FailureCause.Network, "broke");
        _server.Fails = what => what == failing ? broke : null;
        await FailureAsync(Request());
        _server.Accounts.GetValueOrDefault("app_clone")?.IsLocked.ShouldBeTrue();

        _server.Fails = _ => null;
        await SetAsync(Request() with { PendingMayBeLive = true });
        _server["app_clone"].Rights.ShouldBe(["read", "write"], ignoreOrder: true);
        await Strategy.TestSecretAsync(Request(), Cancel);
    }

    [Theory]
    [InlineData(FailureCause.Policy, true)]
    [InlineData(FailureCause.Privilege, true)]
    [InlineData(FailureCause.Timeout, false)]
    public async Task W18_PasswordThatTheServerRefuses_LeavesTheUserAsItWas(FailureCause cause, bool isUntouched)
    {
        var refusal = new RotatorException(cause, "no");
        _server.Fails = what => what == "activate app_clone pending" ? refusal : null;
        var failure = await Should.ThrowAsync<RotatorException>(() => SetAsync(Request()));
        failure.Cause.ShouldBe(cause);
        failure.TargetUntouched.ShouldBe(isUntouched);
    }

    [Fact]
    public async Task W1_PendingThatLogsIn_IsNotTakenForDone()
    {
        // What a template leaves behind that died after CREATE USER ... IDENTIFIED BY.
        _server.Accounts["app_clone"] = new ScriptedAccount("pending");
        var tested = await Should.ThrowAsync<RotatorException>(() => Strategy.TestSecretAsync(Request(), Cancel));
        tested.Cause.ShouldBe(FailureCause.Privilege);

        await SetAsync(Request() with { PendingMayBeLive = true });
        _server["app_clone"].Rights.ShouldBe(["read", "write"], ignoreOrder: true);
        await Strategy.TestSecretAsync(Request(), Cancel);
    }

    [Theory]
    [InlineData(GrantSync.Mirror, "read write")]
    [InlineData(GrantSync.AddOnly, "drop read write")]
    [InlineData(GrantSync.Off, "drop read")]
    public async Task W2_DriftedClone_IsMadeEqualAsTheSettingsSay(GrantSync sync, string expected)
    {
        _server.Accounts["app_clone"] = new ScriptedAccount("old") { Rights = { "read", "drop" } };
        await SetAsync(Request(settings: new RotationSettings { GrantSync = sync }));
        string.Join(' ', _server["app_clone"].Rights.Order()).ShouldBe(expected);
    }

    [Fact]
    public async Task W2_DriftedClone_VerifyOnly_IsRefusedAndNothingChanged()
    {
        _server.Accounts["app_clone"] = new ScriptedAccount("old") { Rights = { "read", "drop" } };
        var failure = await FailureAsync(Request(settings: new RotationSettings { GrantSync = GrantSync.VerifyOnly }));
        failure.Cause.ShouldBe(FailureCause.Privilege);
        failure.TargetUntouched.ShouldBeTrue();
        failure.Message.ShouldBe("The clone's rights differ from its base's: clone lacks write; clone has drop too much");
        _server["app_clone"].Passwords.ShouldBe(["old"]);
    }

    [Fact]
    public async Task W2_RotationBackToTheBase_StillEqualizesTheClone()
    {
        _server.Accounts["app_clone"] = new ScriptedAccount("current") { Rights = { "read", "write", "drop" } };
        await SetAsync(Request("app_clone", "app", pin: Pin()));
        _server["app_clone"].Rights.ShouldBe(["read", "write"], ignoreOrder: true);
        _server["app"].Passwords.ShouldBe(["pending"]);
        _server["app_clone"].Passwords.ShouldBe(["current"]);
    }

    [Fact]
    public async Task W3_RefusedLogins_AreAtMostTwo()
    {
        _server["app"].Passwords = ["changed by hand"];
        _server.Fails = what => what == "login app_clone pending" ? new RotatorException(FailureCause.Auth, "refused") : null;
        await FailureAsync(Request(pin: Pin()));
        (_server.Refused + _server.Done.Count(what => what == "login app_clone pending fails")).ShouldBe(2);
    }

    [Fact]
    public async Task W11_LookAlikeServer_GetsNothing()
    {
        _server.SuperuserIdentity = "server-2";
        var failure = await FailureAsync(Request());
        failure.Message.ShouldBe("Current database host db is not the same host as/rds replica of master db");
        failure.TargetUntouched.ShouldBeTrue();
        _server.Done.ShouldAllBe(what => what.StartsWith("login ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task W11_Replica_OfTheSuperusersServerIsTheSame()
    {
        _server.SuperuserIdentity = "primary";
        _server.Replica = "server-1";
        await SetAsync(Request());
        _server["app_clone"].Passwords.ShouldBe(["pending"]);
    }

    [Theory]
    [InlineData("server-9", "db", 3306, "app", "Another server answers at db:3306")]
    [InlineData("server-1", "other", 3306, "app", "its rotation was enabled for other:3306")]
    [InlineData("server-1", "db", 4444, "app", "its rotation was enabled for db:4444")]
    [InlineData("server-1", "db", 3306, "billing", "Attempting to modify user app other than billing")]
    public async Task W11_TargetOtherThanThePinnedOne_IsRefused(string identity, string host, int port, string username, string text)
    {
        var failure = await FailureAsync(Request(pin: Pin(identity, host, port, username)));
        failure.Cause.ShouldBe(FailureCause.Precondition);
        failure.TargetUntouched.ShouldBeTrue();
        failure.Message.ShouldContain(text);
        _server.Accounts.Keys.ShouldBe(["master", "app"]);
    }

    [Theory]
    [InlineData("evil", 3306, "Attempting to modify user for host evil other than current host db")]
    [InlineData("db", 4444, "Attempting to modify user for port 4444 other than current port 3306")]
    public async Task W11_PendingForAnotherAddress_IsRefused(string host, int port, string text)
    {
        var failure = await FailureAsync(Request() with { Pending = Account("app_clone", "pending", host, port) });
        failure.Message.ShouldBe(text);
        _server.Done.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("root", "root_clone")]
    [InlineData("master", "master_clone")]
    public async Task W11_ReservedUser_IsRefused(string current, string pending)
    {
        _server.Accounts["root"] = new ScriptedAccount("current");
        _server["master"].Passwords.Add("current");
        var failure = await FailureAsync(Request(current, pending));
        failure.Message.ShouldContain("is reserved");
        _server.Accounts.ContainsKey(pending).ShouldBeFalse();
    }

    [Fact]
    public async Task CurrentRefused_BeforeAnythingIsPinned_IsRefusedWithAwssText()
    {
        _server["app"].Passwords = ["changed by hand"];
        var failure = await FailureAsync(Request());
        failure.Cause.ShouldBe(FailureCause.Auth);
        failure.Message.ShouldStartWith("Unable to log into database using current credentials");
        failure.TargetUntouched.ShouldBeTrue();
    }

    [Fact]
    public async Task CurrentRefused_OnThePinnedServer_IsMendedByTheOtherUsersTurn()
    {
        _server["app"].Passwords = ["changed by hand"];
        var result = await SetAsync(Request(pin: Pin()));
        result.Notices.ShouldHaveSingleItem().ShouldContain("refuses AWSCURRENT");
        _server["app_clone"].Passwords.ShouldBe(["pending"]);
    }

    [Fact]
    public async Task W21_GenuineCloneName_IsNotRotatedIntoANamesake()
    {
        _server.Accounts["report_clone"] = new ScriptedAccount("current") { Rights = { "read" } };
        (await FailureAsync(Request("report_clone", "report"))).Message.ShouldContain("no user report.");

        _server.Accounts["report"] = new ScriptedAccount("somebody else's") { Rights = { "read", "everything" } };
        (await FailureAsync(Request("report_clone", "report"))).Cause.ShouldBe(FailureCause.Privilege);
        _server["report"].Passwords.ShouldBe(["somebody else's"]);
        _server["report_clone"].Rights.ShouldBe(["read"]);
    }

    /// <summary>Before the first rotation a name proves nothing; the preflight walks the same hops.</summary>
    [Fact]
    public async Task W21_SomebodysUserInTheClonesPlace_StopsTheDiagnosis_UntilThePairIsNamed()
    {
        _server.Accounts["app_clone"] = new ScriptedAccount("somebody's") { Rights = { "read" } };
        (await LastHopAsync(Request())).ShouldBe(
            ("rights", true, "1 differences to be made equal. The server has a user app_clone already: it is taken for the clone."));

        _server["app_clone"].Rights.Add("payroll");
        var (hop, ok, detail) = await LastHopAsync(Request());
        (hop, ok).ShouldBe(("clone", false));
        detail.ShouldStartWith("The server has a user app_clone already, with rights that app has not (payroll)");

        RotationSubject[] known =
        [
            Request(pin: Pin()), Request() with { FormerUsernames = ["app_clone"] }, Request() with { MayHaveLeftAClone = true },
            Request(settings: new RotationSettings { Users = new UserNames("app", "app_clone") }),
        ];
        foreach (var subject in known)
            (await LastHopAsync(subject)).ShouldBe(("rights", true, "2 differences to be made equal."));
        _server["app_clone"].Passwords.ShouldBe(["somebody's"]);

        async Task<(string Hop, bool Ok, string Detail)> LastHopAsync(RotationSubject subject)
        {
            var last = (await Strategy.DiagnoseAsync(subject, Cancel).ToListAsync(Cancel))[^1];
            return (last.Hop, last.Ok, last.Detail);
        }
    }

    [Fact]
    public async Task W21_NamedPair_TakesTurns()
    {
        _server.Accounts["blue"] = new ScriptedAccount("old") { Rights = { "read" } };
        var settings = new RotationSettings { Users = new UserNames("app", "blue") };
        Strategy.PendingUsername(Request(settings: settings)).ShouldBe("blue");
        Strategy.PendingUsername(Request("blue", "app", settings)).ShouldBe("app");
        await SetAsync(Request("app", "blue", settings));
        _server["blue"].Rights.ShouldBe(["read", "write"], ignoreOrder: true);
        Should.Throw<RotatorException>(() => Strategy.PendingUsername(Request("green", "app", settings))).Message
            .ShouldContain("neither app nor blue");
    }

    [Theory]
    [InlineData(26, false)]
    [InlineData(27, true)]
    public void W21_CloneName_IsHeldToTheEnginesLimit(int length, bool isRefused)
    {
        var act = () => Strategy.PendingUsername(Request(new string('é', length)));
        if (isRefused) Should.Throw<RotatorException>(act).Message.ShouldContain("would exceed 32 characters");
        else act().ShouldEndWith("_clone");
    }

    [Fact]
    public void W21_PostgresNames_AreCountedInBytes()
    {
        var strategy = new AlternatingUsers(DatabaseEngine.Postgres, _server, _server, new ImmediateTime());
        strategy.PendingUsername(Request(new string('é', 28))).Length.ShouldBe(34);
        Should.Throw<RotatorException>(() => strategy.PendingUsername(Request(new string('é', 29)))).Message.ShouldContain("63 bytes");
    }

    [Fact]
    public async Task Heal_RefusedCurrent_GetsItsPasswordBackFromTheSuperuser()
    {
        _server["app"].Passwords = ["changed by hand"];
        (await Strategy.HealAsync(Request(pin: Pin()), [], Cancel)).ShouldBeTrue();
        _server["app"].Passwords.ShouldBe(["current"]);
        (await Strategy.HealAsync(Request(pin: Pin()), [], Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task W11_Heal_OnAnotherServer_ProvesNothing()
    {
        _server.Identity = "another";
        var failure = await Should.ThrowAsync<RotatorException>(() => Strategy.HealAsync(Request(pin: Pin()), [], Cancel));
        failure.Cause.ShouldBe(FailureCause.Precondition);
        _server.OpenSessions.ShouldBe(0);
    }

    [Fact]
    public async Task Heal_BeforeAnythingIsPinned_UsesNoSuperuser()
    {
        _server["app"].Passwords = ["changed by hand"];
        await Should.ThrowAsync<RotatorException>(() => Strategy.HealAsync(Request(), [], Cancel));
        _server["app"].Passwords.ShouldBe(["changed by hand"]);
    }

    [Fact]
    public async Task Check_TellsWhatDiffers()
    {
        (await Strategy.CheckAsync(Request(), Cancel)).ShouldBeEmpty("there is no clone yet");
        await SetAsync(Request());
        (await Strategy.CheckAsync(Request(), Cancel)).ShouldBeEmpty();
        _server["app"].Rights.Add("execute");
        (await Strategy.CheckAsync(Request(), Cancel)).ShouldBe(["clone lacks execute"]);
    }

    [Fact]
    public async Task Plan_ChangesNothingAndShowsNoPassword()
    {
        var plan = await Strategy.PlanAsync(Request(), Cancel);
        plan.Username.ShouldBe("app_clone");
        plan.Statements.ShouldBe(["CREATE app_clone LOCKED", "GRANT read", "GRANT write", "Replace app_clone ***"]);
        plan.Differences.ShouldBe(["clone lacks read", "clone lacks write"]);
        _server.Accounts.Keys.ShouldBe(["master", "app"]);
    }

    [Fact]
    public async Task Diagnosis_NamesTheHopThatFails()
    {
        (await Strategy.DiagnoseAsync(Request(), Cancel).Select(hop => (hop.Hop, hop.Ok)).ToListAsync(Cancel))
            .ShouldBe([("login", true), ("clone", true), ("superuser", true), ("rights", true)]);
        _server["master"].Passwords = ["other"];
        var last = (await Strategy.DiagnoseAsync(Request(), Cancel).ToListAsync(Cancel))[^1];
        (last.Hop, last.Ok, last.Cause).ShouldBe(("superuser", false, FailureCause.Auth));
    }

    [Theory]
    [InlineData(FailureCause.Privilege, true)]
    [InlineData(FailureCause.Unavailable, false)]
    public async Task WhatTheAccountMayNotDoToItself_StopsNoDiagnosis_ButOtherFaultsDo(FailureCause cause, bool goesOn)
    {
        _server.Privileges = new HopResult("privileges", Ok: false, "it may not", Cause: cause);
        foreach (var strategy in (IDatabaseRotator[])[Strategy, new SingleUser(_server, _server, TimeProvider.System)])
        {
            var hops = await strategy.DiagnoseAsync(Request(), Cancel).ToListAsync(Cancel);
            hops[1].Hop.ShouldBe("privileges");
            hops[1].Ok.ShouldBe(goesOn);
            hops.Any(hop => hop.Hop == "superuser").ShouldBe(goesOn);
        }
        var alone = await new SingleUser(_server, _server, TimeProvider.System)
            .DiagnoseAsync(Request() with { Superuser = null }, Cancel).ToListAsync(Cancel);
        (alone[^1].Hop, alone[^1].Ok, alone[^1].Cause).ShouldBe(("privileges", false, cause));
    }

    [Fact]
    public async Task NoSuperuser_IsAwssMissingKey() =>
        (await FailureAsync(Request() with { Superuser = null })).Message.ShouldBe("masterarn key is missing from secret JSON");
}
