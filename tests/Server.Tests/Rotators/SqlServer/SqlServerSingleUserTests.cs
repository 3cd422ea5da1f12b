using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Rekey.Server.Tests.Rotators.Sql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.SqlServer;

public sealed class SqlServerSingleUserTests
{
    private const string Setup = "SET XACT_ABORT ON; SET LOCK_TIMEOUT 10000";

    private readonly SqlServerRotation _rotation = new();

    private static RotationRequest Request(
        string current = "old", string? previous = null, bool superuser = false, bool mayBeLive = false) => SqlSecrets.Request(
        SqlServerRotation.Account("app", current), SqlServerRotation.Account("app", "n'ew"),
        superuser ? SqlServerRotation.Superuser : null,
        previous is null ? null : SqlServerRotation.Account("app", previous), mayBeLive);

    [Fact]
    public async Task Account_ChangesItsOwnPassword()
    {
        await _rotation.SetAsync(_rotation.Single, Request());
        _rotation.Server.Sent.ShouldBe(
        [
            "login app old", Setup, "ALTER LOGIN [app] WITH PASSWORD = N'n''ew' OLD_PASSWORD = N'old'", "login app n'ew", Setup,
        ]);
        _rotation.Server.OpenSessions.ShouldBe(0);
    }

    /// <summary>AWS's template names AWSCURRENT's password also when it has logged in with AWSPREVIOUS, which no server accepts.</summary>
    [Fact]
    public async Task W4_SessionOfPrevious_NamesThePasswordItLoggedInWith()
    {
        _rotation.Server.State.Logins["app"].Password = "older";
        await _rotation.SetAsync(_rotation.Single, Request(previous: "older"));
        _rotation.Server.Sent.ShouldContain("ALTER LOGIN [app] WITH PASSWORD = N'n''ew' OLD_PASSWORD = N'older'");
        _rotation.Server.State.Logins["app"].Password.ShouldBe("n'ew");
        _rotation.Server.Refused.ShouldBe(1);
    }

    [Fact]
    public async Task Superuser_SetsThePasswordAndLiftsTheLock()
    {
        await _rotation.SetAsync(_rotation.Single, Request(superuser: true));
        _rotation.Server.Sent.ShouldBe(
        [
            "login app old", Setup, "login sa_team super", Setup, "ALTER LOGIN [app] WITH PASSWORD = N'n''ew' UNLOCK", "login app n'ew",
            Setup,
        ]);
    }

    [Fact]
    public async Task ContainedUser_IsAlteredInItsDatabase()
    {
        _rotation.Server.State.Logins.Remove("app");
        _rotation.Server.State.Databases[SqlServerRotation.Shop].Users["app"] = new() { Sid = "0xAB", Password = "old" };
        await _rotation.SetAsync(_rotation.Single, Request());
        _rotation.Server.Sent[2].ShouldBe("ALTER USER [app] WITH PASSWORD = N'n''ew' OLD_PASSWORD = N'old'");
        _rotation.Server.Sent.Clear();

        await _rotation.SetAsync(_rotation.Single, Request(current: "n'ew", superuser: true));
        _rotation.Server.Sent[4].ShouldBe("ALTER USER [app] WITH PASSWORD = N'n''ew'");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ConnectionThatDropsAfterAnyStatement_IsMadeGoodByRepeating(bool superuser)
    {
        for (var drop = 1; ; drop++)
        {
            var rotation = new SqlServerRotation { Server = { DropAfter = drop } };
            try
            {
                await rotation.SetAsync(rotation.Single, Request(superuser: superuser));
                drop.ShouldBeGreaterThan(4);
                return;
            }
            catch (RotatorException e)
            {
                e.Cause.ShouldBe(FailureCause.Network);
            }
            rotation.Server.DropAfter = 0;
            await rotation.SetAsync(rotation.Single, Request(superuser: superuser, mayBeLive: true));
            (await rotation.LogsInAsync(SqlServerRotation.Account("app", "n'ew"))).ShouldBeTrue();
            rotation.Server.Refused.ShouldBeLessThanOrEqualTo(LoginAttempts.RefusedMax);
        }
    }

    [Theory]
    [InlineData(15114)]
    [InlineData(15115)]
    [InlineData(15116)]
    [InlineData(15118)]
    public async Task W19_PasswordThatThePolicyRefuses_ChangesNothing(int code)
    {
        _rotation.Server.Fails = text => text.StartsWith("ALTER LOGIN", StringComparison.Ordinal) ? SqlServerRotation.Error(code) : null;
        var e = await _rotation.FailureAsync(_rotation.Single, Request());
        (e.Cause, e.TargetUntouched).ShouldBe((FailureCause.Policy, true));
        _rotation.Server.State.Logins["app"].Password.ShouldBe("old");
    }

    [Fact]
    public async Task W18_PolicyOfTheLogin_IsAskedForBeforeAPasswordIsMade()
    {
        var subject = new RotationSubject { Current = SqlServerRotation.Account("app", "old") };
        var rules = await _rotation.Single.ReadPasswordRulesAsync(subject, TestContext.Current.CancellationToken);
        (rules.LengthMin, rules.LengthMax, rules.PunctuationMin).ShouldBe((8, 128, 1));
        _rotation.Server.State.Logins["app"].IsPolicyChecked = false;
        rules = await _rotation.Single.ReadPasswordRulesAsync(subject, TestContext.Current.CancellationToken);
        (rules.LengthMin, rules.LengthMax, rules.PunctuationMin).ShouldBe((0, 128, 0));
    }

    [Fact]
    public async Task Heal_PutsTheStoredPasswordBackAndUnlocks()
    {
        var login = _rotation.Server.State.Logins["app"];
        (login.Password, login.IsLocked) = ("by hand", true);
        var subject = new RotationSubject { Current = SqlServerRotation.Account("app", "old"), Superuser = SqlServerRotation.Superuser };
        (await _rotation.Single.HealAsync(subject, [], TestContext.Current.CancellationToken)).ShouldBeTrue();
        (login.Password, login.IsLocked).ShouldBe(("old", false));
    }

    [Fact]
    public async Task W27_DatabaseThatIsNotThere_IsNoWrongPassword()
    {
        var request = SqlSecrets.Request(
            SqlServerRotation.Account("app", "old", "nowhere"), SqlServerRotation.Account("app", "new", "nowhere"));
        var e = await _rotation.FailureAsync(_rotation.Single, request);
        (e.Cause, e.NativeCode).ShouldBe((FailureCause.Precondition, "4060"));
        _rotation.Server.Refused.ShouldBe(1);
    }
}
