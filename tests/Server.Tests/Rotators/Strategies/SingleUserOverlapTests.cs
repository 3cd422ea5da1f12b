using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Strategies;

/// <summary>The single-user strategy with two passwords at a time, and with a superuser.</summary>
public sealed class SingleUserOverlapTests
{
    private readonly ScriptedServer _server = new() { Overlaps = true, Accounts = { ["app"] = new ScriptedAccount("current") } };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private SingleUser Strategy => new(_server, _server, new ImmediateTime());

    private static DatabaseCredentials Account(string password, string username = "app") => new()
    {
        Engine = "mysql",
        Host = "db",
        Port = 3306,
        Username = username,
        Password = Sensitive.FromText(password),
        Tls = TlsMode.Verified,
    };

    private static RotationRequest Request(bool hasSuperuser = false, OverlapMode overlap = OverlapMode.Auto) => new()
    {
        Current = Account("current"),
        Pending = Account("pending"),
        Superuser = hasSuperuser ? Account("master-password", ScriptedServer.SuperuserName) : null,
        Settings = new RotationSettings { Overlap = overlap },
    };

    private static PinnedTarget Pin => new("server-1", "db", 3306, "app");

    [Fact]
    public async Task Overlap_KeepsCurrentAndProvesIt()
    {
        var result = await Strategy.SetSecretAsync(Request(), Cancel);
        _server.Done.ShouldBe(["login app current", "add app current+pending by itself", "login app pending", "login app current"]);
        result.RefusedSince.ShouldBeNull();
        result.MustRetire.ShouldBeTrue();
        result.Pin.ShouldBe(Pin);
    }

    [Fact]
    public async Task Overlap_AfterACrash_StillKeepsCurrent()
    {
        _server["app"].Passwords = ["pending", "current"];
        await Strategy.SetSecretAsync(Request() with { PendingMayBeLive = true }, Cancel);
        _server["app"].Passwords.ShouldBe(["current", "pending"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(0, "suspect", "refused app current", "login app suspect")]
    [InlineData(1, "previous", "refused app older", "login app previous")]
    [InlineData(2, "suspect", "refused app current", "login app suspect")]
    [InlineData(3, "suspect", "login app suspect", "refused app current")]
    [InlineData(4, "previous", "refused app older", "login app previous")]
    [InlineData(5, "previous", "login app previous", "refused app current")]
    public async Task W3_SuspectsAreTriedInTurns_WithinTwoRefusalsAnAttempt(int turn, string live, params string[] logins)
    {
        _server["app"].Passwords = [live];
        var request = Request() with
        {
            Suspects = [Account("suspect"), Account("older")],
            Turn = turn,
            Previous = Account("previous"),
        };
        await Strategy.SetSecretAsync(request, Cancel);
        _server.Done.Take(logins.Length).ShouldBe(logins);
        _server["app"].Passwords.ShouldBe([live, "pending"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(2, "pending")]
    [InlineData(3, "current")]
    [InlineData(4, "pending")]
    [InlineData(5, "previous")]
    [InlineData(6, "pending")]
    [InlineData(7, "current")]
    public async Task W3_ProvenPending_HasEverySecondTurn(int turn, string first)
    {
        _server["app"].Passwords = ["nobody knows"];
        var request = Request() with
        {
            PendingMayBeLive = true,
            PendingIsProven = true,
            Turn = turn,
            Previous = Account("previous"),
        };
        await Should.ThrowAsync<RotatorException>(() => Strategy.SetSecretAsync(request, Cancel));
        _server.Done[0].ShouldBe($"refused app {first}");
    }

    // What applications have must stay, whatever else logs in too.
    [Fact]
    public async Task V4_CurrentThatLogsIn_IsKept_WhateverWasRefusedBefore()
    {
        _server["app"].Passwords = ["previous", "current"];
        await Strategy.SetSecretAsync(
            Request() with { Suspects = [Account("suspect")], Turn = 1, Previous = Account("previous") }, Cancel);
        _server["app"].Passwords.ShouldContain("current");
    }

    // Another server refused it, and was gone at the next login.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task V4_CurrentThatWasRefusedForAMoment_IsKept(bool hasSuperuser)
    {
        _server["app"].Passwords = ["previous", "current"];
        var refusals = 1;
        _server.Fails = what => what == "login app current" && refusals-- > 0 ? new RotatorException(FailureCause.Auth, "who?") : null;
        await Strategy.SetSecretAsync(Request(hasSuperuser) with { Previous = Account("previous"), Pin = Pin }, Cancel);
        _server["app"].Passwords.ShouldBe(["current", "pending"], ignoreOrder: true);
    }

    [Fact]
    public async Task Overlap_WithPreviousLoggedIn_KeepsWhatLogsIn()
    {
        _server["app"].Passwords = ["previous"];
        await Strategy.SetSecretAsync(Request() with { Previous = Account("previous") }, Cancel);
        _server["app"].Passwords.ShouldBe(["previous", "pending"], ignoreOrder: true);
    }

    [Fact]
    public async Task Overlap_PendingThatTheServerRefuses_IsTakenBack()
    {
        _server.Fails = what => what == "login app pending" ? new RotatorException(FailureCause.Auth, "refused") : null;
        await Should.ThrowAsync<RotatorException>(() => Strategy.SetSecretAsync(Request(), Cancel));
        _server["app"].Passwords.ShouldBe(["current"]);
    }

    [Fact]
    public async Task Retire_LeavesCurrentAlone()
    {
        await Strategy.SetSecretAsync(Request(), Cancel);
        await Strategy.RetireAsync(Request() with { Current = Account("pending") }, Cancel);
        _server["app"].Passwords.ShouldBe(["pending"]);
    }

    [Fact]
    public async Task Retire_CurrentRefused_TakesNothingAway()
    {
        _server["app"].Passwords = ["current", "pending"];
        await Should.ThrowAsync<RotatorException>(() => Strategy.RetireAsync(Request() with { Current = Account("wrong") }, Cancel));
        _server["app"].Passwords.ShouldBe(["current", "pending"], ignoreOrder: true);
    }

    [Fact]
    public async Task Require_WhereItCannotBe_IsRefusedAndNothingChanged()
    {
        _server.Overlaps = false;
        var failure = await Should.ThrowAsync<RotatorException>(
            () => Strategy.SetSecretAsync(Request(overlap: OverlapMode.Require), Cancel));
        (failure.Cause, failure.TargetUntouched).ShouldBe((FailureCause.Precondition, true));
        _server["app"].Passwords.ShouldBe(["current"]);
    }

    [Fact]
    public async Task Off_ReplacesAndSaysSinceWhenCurrentIsRefused()
    {
        var result = await Strategy.SetSecretAsync(Request(overlap: OverlapMode.Off), Cancel);
        _server["app"].Passwords.ShouldBe(["pending"]);
        result.RefusedSince.ShouldNotBeNull();
        result.MustRetire.ShouldBeFalse();
    }

    [Fact]
    public async Task W24_BoundSuperuser_MakesTheChange()
    {
        await Strategy.SetSecretAsync(Request(hasSuperuser: true, OverlapMode.Off), Cancel);
        _server.Done.ShouldBe(
            ["login app current", "login master master-password", "replace app pending by master", "login app pending"]);
    }

    [Fact]
    public async Task NothingLogsIn_TheSuperuserMendsIt_OnThePinnedServerOnly()
    {
        _server["app"].Passwords = ["changed by hand"];
        var unpinned = await Should.ThrowAsync<RotatorException>(() => Strategy.SetSecretAsync(Request(hasSuperuser: true), Cancel));
        (unpinned.Cause, unpinned.TargetUntouched).ShouldBe((FailureCause.Auth, true));
        _server["app"].Passwords.ShouldBe(["changed by hand"]);

        await Strategy.SetSecretAsync(Request(hasSuperuser: true) with { Pin = Pin }, Cancel);
        _server["app"].Passwords.ShouldContain("pending");
        _server.OpenSessions.ShouldBe(0);
    }

    [Fact]
    public async Task W11_SuperuserOnAnotherServer_IsRefused()
    {
        _server.SuperuserIdentity = "server-2";
        var failure = await Should.ThrowAsync<RotatorException>(() => Strategy.SetSecretAsync(Request(hasSuperuser: true), Cancel));
        (failure.Cause, failure.TargetUntouched).ShouldBe((FailureCause.Precondition, true));
        _server["app"].Passwords.ShouldBe(["current"]);
        _server.OpenSessions.ShouldBe(0);
    }

    [Theory]
    [InlineData("suspect", true)]
    [InlineData("current", false)]
    public async Task Heal_MakesTheServerFollowTheSecret(string live, bool hasChanged)
    {
        _server["app"].Passwords = [live];
        (await Strategy.HealAsync(Request(), [Account("suspect")], Cancel)).ShouldBe(hasChanged);
        _server["app"].Passwords.ShouldBe(["current"]);
    }

    [Fact]
    public async Task Heal_NoStoredPasswordLogsIn_StopsAfterTwoRefusals()
    {
        _server["app"].Passwords = ["changed by hand"];
        var failure = await Should.ThrowAsync<RotatorException>(
            () => Strategy.HealAsync(Request(), [Account("one"), Account("two"), Account("three")], Cancel));
        (failure.Cause, failure.TargetUntouched).ShouldBe((FailureCause.Auth, true));
        _server.Refused.ShouldBe(2);
    }

    [Theory]
    [InlineData("current")]
    [InlineData("suspect")]
    public async Task W11_Heal_OnAnotherServer_ProvesAndChangesNothing(string live)
    {
        _server["app"].Passwords = [live];
        var current = Request().Current;
        var pinned = Request() with { Superuser = null, Pin = new PinnedTarget("another", current.Host, current.Port, "app") };
        var failure = await Should.ThrowAsync<RotatorException>(() => Strategy.HealAsync(pinned, [Account("suspect")], Cancel));
        failure.Cause.ShouldBe(FailureCause.Precondition);
        _server["app"].Passwords.ShouldBe([live]);
        _server.OpenSessions.ShouldBe(0);
    }

    // Who may write the value must not have the superuser give it another user's account.
    [Theory]
    [InlineData("set")]
    [InlineData("heal")]
    [InlineData("retire")]
    [InlineData("check")]
    [InlineData("plan")]
    public async Task W11_AnotherUserThanThePinnedOne_IsRefused(string work)
    {
        _server.Accounts["payroll"] = new ScriptedAccount("payroll-password");
        var hijacking = Request(hasSuperuser: true) with
        {
            Pin = Pin,
            Current = Account("guess", "payroll"),
            Pending = Account("pending", "payroll"),
        };
        var failure = await Should.ThrowAsync<RotatorException>(() => work switch
        {
            "set" => Strategy.SetSecretAsync(hijacking, Cancel),
            "heal" => Strategy.HealAsync(hijacking, [], Cancel),
            "retire" => Strategy.RetireAsync(hijacking, Cancel),
            "check" => Strategy.CheckAsync(hijacking, Cancel),
            _ => Strategy.PlanAsync(hijacking, Cancel),
        });
        failure.Cause.ShouldBe(FailureCause.Precondition);
        failure.Message.ShouldContain("user payroll other than app");
        _server["payroll"].Passwords.ShouldBe(["payroll-password"]);
        _server.Done.ShouldBeEmpty("nothing is tried");
    }

    [Fact]
    public async Task Heal_CandidateOfAnotherAccount_IsNotTried()
    {
        _server["app"].Passwords = ["changed by hand"];
        await Should.ThrowAsync<RotatorException>(() => Strategy.HealAsync(Request(), [Account("changed by hand", "other")], Cancel));
        _server.Refused.ShouldBe(1);
    }
}
