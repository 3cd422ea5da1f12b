using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Tests.Rotation.Upkeep;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>Rotations whose logins are refused when the password may have been changed already.</summary>
public sealed class LockedOutRotationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // AWSCURRENT is refused, and what it replaced logs in: also when the value has to be made anew, by the server's rules.
    [Fact]
    public async Task CurrentRefused_AndPreviousLetIn_RotatesThroughTheServersRules()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.RotateAsync(Cancel);
        var previous = await scene.CurrentPasswordAsync(Cancel);
        await scene.PutAsync("never set", Cancel);
        scene.Target["app"].Passwords = [previous];
        var refusals = 1;
        scene.Fails = what => what.StartsWith("replace app", StringComparison.Ordinal) && refusals-- > 0
            ? new RotatorException(FailureCause.Policy, "too simple")
            : null;
        (await scene.StartRotationAsync(Cancel, UpkeepScene.NextToken, function: null)).IsSuccess.ShouldBeTrue();
        await scene.AdvanceUntilAsync(() => scene.Rotation() is null, Cancel);
        scene.Target["app"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
        scene.Target["app"].Passwords.ShouldNotBe([previous]);
    }

    // Another server answered at the address for a while and knew nobody. Nobody has to notice: AWSCURRENT logs in again in hours.
    [Fact]
    public async Task W3_RefusedByAnotherServer_ComesRightByItself()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BreakOffAsync(Cancel);
        scene.FailLogins(FailureCause.Auth, "who is that?");
        await scene.AdvanceUntilAsync(() => scene.Rotation() is { State: RotationState.Parked }, Cancel);
        scene.Fails = _ => null;
        await scene.PassAsync(TimeSpan.FromHours(2), Cancel);
        await scene.UntilAsync(() => scene.Rotation() is null, Cancel);
        scene.Target["app"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
    }
}
