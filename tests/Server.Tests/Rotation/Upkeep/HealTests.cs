using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Tests.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>What becomes of a secret whose AWSCURRENT may not be what its database wants.</summary>
public sealed class HealTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// Rotates until the new password is set, and then stores a value by hand: the rotation is abandoned, and only its version logs in.
    /// </summary>
    private static async Task AbandonAsync(UpkeepScene scene, string function = UpkeepScene.SingleUser)
    {
        scene.Fails = what => IsPendingLogin(what) ? new RotatorException(FailureCause.Network, "the connection broke") : null;
        (await scene.StartRotationAsync(Cancel, function: function)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation() is { Cause: not null }, Cancel);
        scene.Target["app"].Passwords.ShouldNotContain("one");
        scene.Fails = _ => null;
        await scene.PutAsync("by hand", Cancel);
    }

    private static bool IsPendingLogin(string what) =>
        what.StartsWith("login app", StringComparison.Ordinal) && what is not ("login app one" or "login app by hand");

    [Fact]
    public async Task AbandonedRotation_WhoseVersionLogsIn_GivesTheDatabaseTheValueStoredByHand()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await AbandonAsync(scene);
        scene.Suspect().ShouldBe(UpkeepScene.Token);
        await scene.UntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);
        scene.Target["app"].Passwords.ShouldBe(["by hand"]);
        await scene.PassAsync(TimeSpan.FromMinutes(3), Cancel);
        scene.Suspect().ShouldBeNull();
        scene.Target.Refused.ShouldBe(2, "AWSCURRENT is asked for again before another version's word is taken");
        scene.Events().ShouldContain(RotationEventName.RotationAbandoned);
    }

    [Fact]
    public async Task AbandonedRotation_WhoseValueByHandLogsIn_ChangesNothing()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        scene.Fails = what => IsPendingLogin(what) ? new RotatorException(FailureCause.Network, "the connection broke") : null;
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation() is { Cause: not null }, Cancel);
        scene.Fails = _ => null;
        // A human mends the database and the secret.
        scene.Target["app"].Passwords = ["by hand"];
        await scene.PutAsync("by hand", Cancel);
        await scene.UntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);
        await scene.PassAsync(TimeSpan.FromMinutes(3), Cancel);
        scene.Target.Refused.ShouldBe(0);
        scene.Suspect().ShouldBeNull();
        scene.Entries()[^1].Message!.ShouldContain("nothing was changed");
    }

    // The connection was cut, and a human stored a value, while the database still had the statement to do.
    [Fact]
    public async Task W10_StatementThatTakesEffectAfterTheHealing_IsFound()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        var late = "";
        scene.Fails = what =>
        {
            if (!what.StartsWith("replace app ", StringComparison.Ordinal)) return null;
            late = what.Split(' ')[2];
            return new RotatorException(FailureCause.Network, "the connection broke");
        };
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation() is { Cause: not null, Owner: null }, Cancel);
        scene.Fails = _ => null;
        scene.Target["app"].Passwords = ["by hand"];
        await scene.PutAsync("by hand", Cancel);
        await scene.UntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);

        scene.Target["app"].Passwords = [late];
        await scene.PassAsync(TimeSpan.FromMinutes(5), Cancel);
        scene.Target["app"].Passwords.ShouldBe(["by hand"]);
        scene.Count(RotationEventName.HealSucceeded).ShouldBe(2);
        scene.Suspect().ShouldBeNull();
    }

    // The healing has no chance before the next rotation, which then knows of the suspect too.
    [Fact]
    public async Task AbandonedRotation_WhoseVersionLogsIn_IsFoundByTheNextRotationToo()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BreakOffAsync(Cancel);
        scene.FailLogins(FailureCause.Network, "away");
        await scene.PutAsync("never set", Cancel);
        (await scene.StartRotationAsync(Cancel, Guid.NewGuid().ToString(), function: null)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation() is { Cause: FailureCause.Network }, Cancel);
        scene.Fails = _ => null;
        await scene.AdvanceUntilAsync(() => scene.Rotation() is null, Cancel);
        scene.Target["app"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
        scene.Target.Refused.ShouldBeInRange(1, 4);
        scene.Suspect().ShouldBeNull();
    }

    // The one that logs in is the older of two abandoned ones.
    [Fact]
    public async Task TwoAbandonedRotations_OfWhichTheOlderLogsIn_AreBothTried()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BreakOffAsync(Cancel);
        scene.FailLogins(FailureCause.Network, "away");
        await scene.PutAsync("never set", Cancel);
        await scene.Database.WriteAsync(
            session =>
            {
                RotationConfigurations.Suspect(session, scene.Arn, UpkeepScene.FirstVersion);
                return true;
            },
            Cancel);
        scene.Fails = _ => null;
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);
        scene.Target["app"].Passwords.ShouldBe(["never set"]);
        scene.Target.Refused.ShouldBeLessThanOrEqualTo(4);
    }

    // Neither the value by hand nor the abandoned one logs in: the one before does, and is tried only after a pause.
    [Fact]
    public async Task W3_FurtherVersions_AreTriedTwoRefusalsAtATime()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await AbandonAsync(scene);
        scene.Target["app"].Passwords = ["one"];
        await scene.UntilAsync(() => scene.Count(RotationEventName.HealFailed) == 1, Cancel);
        scene.Target.Refused.ShouldBe(2);
        await scene.PassAsync(UpkeepRun.RefusedPause - TimeSpan.FromSeconds(1), Cancel);
        scene.Target.Refused.ShouldBe(2);
        await scene.PassAsync(TimeSpan.FromMinutes(1), Cancel);
        scene.Target.Refused.ShouldBe(3);
        scene.Target["app"].Passwords.ShouldBe(["by hand"]);
        scene.Events()[^1].ShouldBe(RotationEventName.HealSucceeded);
    }

    [Fact]
    public async Task NothingThatLogsIn_IsTriedEverMoreSeldom_WithARemedy_AndGoesOnAfterAChangeByHand()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await AbandonAsync(scene);
        scene.Target["app"].Passwords = ["nobody knows"];
        await scene.PassAsync(TimeSpan.FromDays(3), Cancel);
        scene.Target.Refused.ShouldBe(7, "two attempts, and one login after an hour, four and sixteen");
        scene.Entries()[^1].Message!.ShouldContain("PutSecretValue");
        var described = await scene.ExtensionAsync("DescribeRotation", Cancel);
        var heal = described["Upkeep"]!.AsArray().Single(entry => entry!["Kind"]!.GetValue<string>() == "Heal")!;
        heal["State"]!.GetValue<string>().ShouldBe("Due");
        heal["Cause"]!.GetValue<string>().ShouldBe("Auth");
        heal["Remedy"]!.GetValue<string>().ShouldContain("rekey rotate");

        await scene.PutAsync("nobody knows", Cancel);
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);
        scene.Target.Refused.ShouldBe(7);
        scene.Suspect().ShouldBeNull();
    }

    [Fact]
    public async Task NothingThatLogsIn_IsMendedByTheSuperuser()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BindSuperuserAsync(Cancel);
        await AbandonAsync(scene, UpkeepScene.WithSuperuser);
        scene.Target["app"].Passwords = ["nobody knows"];
        await scene.UntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);
        scene.Target["app"].Passwords.ShouldBe(["by hand"]);
        scene.Target.Refused.ShouldBe(2);
    }

    // Before the first rotation nothing but the value, which others may write, says whose password the superuser would set.
    [Fact]
    public async Task W11_HealOnFailedHeartbeat_BeforeAnythingIsPinned_UsesNoSuperuser()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BindSuperuserAsync(Cancel);
        await scene.SetAsync(new RotationSettings { HealOnFailedHeartbeat = true }, Cancel);
        await scene.RotateAsync(Cancel, function: UpkeepScene.WithSuperuser, immediately: false);
        scene.Target.Accounts["payroll"] = new ScriptedAccount("payroll-password");
        await scene.OkAsync(
            "PutSecretValue",
            new
            {
                SecretId = "db",
                ClientRequestToken = UpkeepScene.Token,
                SecretString = UpkeepScene.Value("guess", "payroll"),
            },
            Cancel);
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.HeartbeatFailed) == 1, Cancel);
        scene.Target["payroll"].Passwords.ShouldBe(["payroll-password"]);
    }

    // The rotation that follows answers the question itself.
    [Fact]
    public async Task RotationThatSucceeds_EndsAHealing()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await AbandonAsync(scene);
        scene.Target["app"].Passwords = ["nobody knows"];
        await scene.PassAsync(TimeSpan.FromDays(1), Cancel);
        scene.Target["app"].Passwords = ["by hand"];
        await scene.RotateAsync(Cancel, UpkeepScene.NextToken);
        scene.Task(UpkeepKind.Heal)!.Outcome.ShouldBe(UpkeepOutcome.Succeeded);
        scene.Task(UpkeepKind.Heal)!.DueAt.ShouldBeNull();
        scene.Suspect().ShouldBeNull();
    }

    [Theory]
    [InlineData(FailureCause.Network)]
    [InlineData(FailureCause.Unavailable)]
    public async Task V7_UnknownOutcome_Converges(FailureCause cause)
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await AbandonAsync(scene);
        // The database makes the change, and the connection breaks before it says so.
        scene.Fails = what =>
        {
            if (!what.StartsWith("replace", StringComparison.Ordinal)) return null;
            scene.Target["app"].Passwords = ["by hand"];
            return new RotatorException(cause, "the connection broke");
        };
        await scene.UntilAsync(() => scene.Count(RotationEventName.HealFailed) == 1, Cancel);
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.HealSucceeded) == 1, Cancel);
        scene.Target["app"].Passwords.ShouldBe(["by hand"]);
    }

    // A human stores a value that the database does not have: it is told within a minute, and nothing is changed. An application may be
    // working with the value before.
    [Fact]
    public async Task ValueByHandThatIsRefused_IsToldAndNothingIsChanged()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        var working = await scene.CurrentPasswordAsync(Cancel);
        await scene.PutAsync("a typing error", Cancel);
        await scene.PassAsync(TimeSpan.FromDays(3), Cancel);
        scene.Target["app"].Passwords.ShouldBe([working]);
        scene.Target.Refused.ShouldBe(1);
        var told = scene.Entries().Single(entry => entry.Name == RotationEventName.HeartbeatFailed);
        told.Cause.ShouldBe(FailureCause.Auth);
        told.Message!.ShouldContain("Nothing was changed");
        (await scene.ExtensionAsync("DiagnoseSecret", Cancel))["Hops"]!.AsArray()
            .ShouldContain(hop => hop!["Hop"]!.GetValue<string>() == "heartbeat");
    }

    [Fact]
    public async Task CurrentMovedByHandToAVersionThatIsRefused_IsToldAndNothingIsChanged()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        var working = await scene.CurrentPasswordAsync(Cancel);
        await scene.MoveCurrentAsync(UpkeepScene.Token, UpkeepScene.FirstVersion, Cancel);
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.HeartbeatFailed) == 1, Cancel);
        scene.Target["app"].Passwords.ShouldBe([working]);
        // F17: the next rotation finds the password that works among the stored ones.
        await scene.RotateAsync(Cancel, UpkeepScene.NextToken, function: null);
        scene.Count(RotationEventName.RotationSucceeded).ShouldBe(2);
        scene.Target["app"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
    }

    [Fact]
    public async Task ManyChangesByHand_CostOneLogin()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        for (var i = 0; i < 5; i++) await scene.PutAsync($"a typing error {i}", Cancel);
        await scene.PassAsync(TimeSpan.FromHours(1), Cancel);
        scene.Target.Refused.ShouldBe(1);
    }

    [Fact]
    public async Task SecretThatDoesNotRotate_IsNotLoggedInWith()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        await scene.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        var logins = scene.Target.Done.Count;
        await scene.PutAsync("by hand", Cancel);
        await scene.PassAsync(TimeSpan.FromHours(1), Cancel);
        scene.Target.Done.Count.ShouldBe(logins);
    }
}
