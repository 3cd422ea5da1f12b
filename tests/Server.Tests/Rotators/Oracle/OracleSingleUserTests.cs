using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Oracle;

public sealed class OracleSingleUserTests
{
    private readonly OracleRotation _rotation = new();

    [Fact]
    public async Task W19_Account_NamesItsPresentPasswordWithTheChange()
    {
        var result = await _rotation.SetAsync(_rotation.Single, OracleRotation.Change());
        _rotation.Server.Sent.ShouldBe(["login app old", "ALTER USER \"APP\" IDENTIFIED BY \"new\" REPLACE \"old\"", "login app new"]);
        (result.MustRetire, result.RefusedSince is null).ShouldBe((false, false));
        _rotation.Server.OpenSessions.ShouldBe(0);
    }

    [Fact]
    public async Task Superuser_SetsThePasswordAndLiftsALockOfFailedLogins()
    {
        (_rotation.App.Newest, _rotation.App.Lock) = ("by hand", "LOCKED(TIMED)");
        PinnedTarget pin;
        await using (var session = await _rotation.Login.LogInAsync(OracleRotation.Superuser, TestContext.Current.CancellationToken))
            pin = new PinnedTarget(session.ServerIdentity, "db.example", 4242, "app");
        _rotation.Server.Sent.Clear();
        await _rotation.SetAsync(_rotation.Single, OracleRotation.Change(superuser: true) with { Pin = pin });
        _rotation.Server.Sent.ShouldBe(
            ["refused app old", "login admin super", "ALTER USER \"APP\" IDENTIFIED BY \"new\" ACCOUNT UNLOCK", "login app new"]);
    }

    [Fact]
    public async Task P5_WithARollover_BothPasswordsLogInUntilTheOldOneIsRetired()
    {
        _rotation.LetOverlap();
        var result = await _rotation.SetAsync(_rotation.Single, OracleRotation.Change());
        (result.MustRetire, result.RefusedSince is null).ShouldBe((true, true));
        _rotation.Server.Sent.ShouldBe(
            ["login app old", "ALTER USER \"APP\" IDENTIFIED BY \"new\" REPLACE \"old\"", "login app new", "login app old"]);
        _rotation.Server.Sent.Clear();

        var subject = new RotationSubject { Current = OracleRotation.Account("app", "new") };
        await _rotation.Single.RetireAsync(subject, TestContext.Current.CancellationToken);
        _rotation.Server.Sent.ShouldBe(
        [
            "login app new",
            "ALTER USER \"APP\" IDENTIFIED BY \"new\" REPLACE \"new\"",
            "ALTER USER \"APP\" EXPIRE PASSWORD ROLLOVER PERIOD",
        ]);
        (_rotation.App.Newest, _rotation.App.Older).ShouldBe(("new", null));
    }

    /// <summary>At no moment may AWSCURRENT be refused, whatever breaks and whoever changes.</summary>
    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, "older")]
    [InlineData(true, "older")]
    public async Task P5_ConnectionThatDropsAfterAnyStatement_LocksNobodyOut(bool superuser, string? older)
    {
        for (var drop = 1; ; drop++)
        {
            var rotation = new OracleRotation { Server = { DropAfter = drop } };
            rotation.LetOverlap();
            // An earlier rotation may not have been retired: the present password is then the newest of two.
            rotation.App.Older = older;
            rotation.Server.After = () => rotation.App.Accepts("old").ShouldBeTrue($"drop {drop}");
            var isDone = await rotation.TryAsync(rotation.Single, OracleRotation.Change(superuser));
            if (!isDone)
            {
                rotation.Server.DropAfter = 0;
                (await rotation.TryAsync(rotation.Single, OracleRotation.Change(superuser, mayBeLive: true))).ShouldBeTrue();
            }
            new[] { rotation.App.Newest, rotation.App.Older }.Order().ShouldBe(["new", "old"]);
            rotation.Server.Refused.ShouldBeLessThanOrEqualTo(LoginAttempts.RefusedMax);
            if (!isDone) continue;
            drop.ShouldBeGreaterThan(3);
            return;
        }
    }

    [Fact]
    public async Task PasswordThatTheServerRefusesAfterwards_IsTakenBack()
    {
        _rotation.LetOverlap();
        var rotator = new SingleUser(new RefusingLogin(_rotation.Login, "new"), administration: null, new ImmediateTime());
        var e = await _rotation.FailureAsync(rotator, OracleRotation.Change());
        e.Message.ShouldContain("the old one was put back");
        (_rotation.App.Newest, _rotation.App.Older).ShouldBe(("old", null));
    }

    [Fact]
    public async Task HistoryThatForbidsSettingAPasswordAgain_LeavesTheRolloverToEndByItself()
    {
        _rotation.LetOverlap(forbidsReuse: true);
        _rotation.App.History.Add("old");
        await _rotation.SetAsync(_rotation.Single, OracleRotation.Change());
        var subject = new RotationSubject { Current = OracleRotation.Account("app", "new") };
        await _rotation.Single.RetireAsync(subject, TestContext.Current.CancellationToken);
        _rotation.Notices.ShouldHaveSingleItem().ShouldContain("PASSWORD_ROLLOVER_TIME");
        _rotation.App.Accepts("new").ShouldBeTrue();
    }

    [Fact]
    public async Task NameOfAnInstance_IsTriedWhereNoServiceHasIt()
    {
        _rotation.Server.IsInstanceOnly = true;
        await _rotation.SetAsync(_rotation.Single, OracleRotation.Change());
        _rotation.App.Newest.ShouldBe("new");
    }

    [Fact]
    public async Task QuotedName_IsTakenAsItIs()
    {
        _rotation.Server.Users["app Lower"] = new OracleAccount { Newest = "old" };
        await _rotation.SetAsync(_rotation.Single, OracleRotation.Change() with
        {
            Current = OracleRotation.Account("\"app Lower\"", "old"),
            Pending = OracleRotation.Account("\"app Lower\"", "new"),
        });
        _rotation.Server.Users["app Lower"].Newest.ShouldBe("new");
    }

    [Theory]
    [InlineData(28003, FailureCause.Policy)]
    [InlineData(28007, FailureCause.Policy)]
    [InlineData(20001, FailureCause.Policy)]
    [InlineData(1031, FailureCause.Privilege)]
    public async Task RefusedChange_LeavesTheOldPassword(int code, FailureCause cause)
    {
        _rotation.Server.Fails = text => text.Contains("IDENTIFIED", StringComparison.Ordinal) ? SimulatedOracle.Failure(code) : null;
        var e = await _rotation.FailureAsync(_rotation.Single, OracleRotation.Change());
        (e.Cause, e.TargetUntouched).ShouldBe((cause, true));
        e.Message.ShouldNotContain("secrets");
    }

    [Fact]
    public async Task W18_RulesOfTheProfile_AreAskedForBeforeAPasswordIsMade()
    {
        _rotation.Server.Profiles["DEFAULT"] = new OracleLimits(Verify: "ORA12C_STRONG_VERIFY_FUNCTION");
        foreach (var superuser in (DatabaseCredentials?[])[null, OracleRotation.Superuser])
        {
            var subject = new RotationSubject { Current = OracleRotation.Account("app", "old"), Superuser = superuser };
            var rules = await _rotation.Single.ReadPasswordRulesAsync(subject, TestContext.Current.CancellationToken);
            (rules.LengthMin, rules.LengthMax, rules.UppercaseMin, rules.PunctuationMin).ShouldBe((9, 30, 2, 2));
            rules.ForbiddenCharacters.ShouldBe("\"");
        }
    }

    [Fact]
    public async Task PasswordWithAQuote_IsRefusedBeforeAnythingIsSent()
    {
        var request = OracleRotation.Change() with { Pending = OracleRotation.Account("app", "x\" ACCOUNT LOCK") };
        (await _rotation.FailureAsync(_rotation.Single, request)).Cause.ShouldBe(FailureCause.Precondition);
        _rotation.Server.Sent.ShouldBe(["login app old"]);
    }

    /// <summary>Turns away one password that the server itself accepts.</summary>
    private sealed class RefusingLogin(IDatabaseLogin login, string refused) : IDatabaseLogin
    {
        public Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken) =>
            credentials.Password.RevealText() == refused
                ? throw new RotatorException(FailureCause.Auth, "refused", "28000", "1017")
                : login.LogInAsync(credentials, cancellationToken);

        public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
            login.DiagnoseAsync(current, cancellationToken);
    }
}
