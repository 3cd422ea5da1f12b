using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>W10: rotations of one account, and of a superuser in use, never overlap, whichever secrets name it.</summary>
public sealed class PrincipalLockTests
{
    private const string OtherToken = "00000000-0000-0000-0000-00000000000b";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly Principal s_account = new("db:3306 app", IsExclusive: true);
    private static readonly Principal s_superuserActing = new("db:3306 root", IsExclusive: false);
    private static readonly Principal s_superuserRotated = new("db:3306 root", IsExclusive: true);

    private static async Task<RotationScene> SceneAsync(Func<string, Principal> principalOf)
    {
        var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.Principals = secret => [principalOf(secret.Name)];
        await scene.OkAsync(
            "CreateSecret", new { Name = "other", ClientRequestToken = RotationScene.FirstVersion, SecretString = "first" }, Cancel);
        return scene;
    }

    private static Task<JsonNode> RotateOtherAsync(RotationScene scene) => scene.OkAsync(
        "RotateSecret",
        new { SecretId = "other", ClientRequestToken = OtherToken, RotationLambdaARN = RotationScene.FunctionArn }, Cancel);

    private static async Task<string[]> LabelsOfOtherAsync(RotationScene scene)
    {
        var labels = (await scene.OkAsync("DescribeSecret", new { SecretId = "other" }, Cancel))["VersionIdsToStages"]!;
        return [.. labels[OtherToken]!.AsArray().Select(label => label!.GetValue<string>())];
    }

    private static async Task UntilAsync(RotationScene scene, Func<Task<bool>> reached)
    {
        for (var looks = 0; !await reached(); looks++)
        {
            looks.ShouldBeLessThan(1000, "nothing happened");
            scene.Server.Clock.Advance(TimeSpan.FromSeconds(2));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task W10_TwoSecretsOfOneAccount_TakeTurns(bool firstIsExclusive, bool otherIsExclusive)
    {
        await using var scene = await SceneAsync(name =>
            (name == "db" ? firstIsExclusive : otherIsExclusive) ? s_superuserRotated : s_superuserActing);
        scene.Target.HoldSetSecret = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["State"]!.GetValue<string>() == "Setting", Cancel);

        await RotateOtherAsync(scene);
        await UntilAsync(scene, async () => RotationScene.EventsOf(await scene.ProgressAsync("other", Cancel)).Contains("RotationWaiting"));
        scene.Target.SecretArns.ShouldAllBe(arn => !arn.Contains(":other-", StringComparison.Ordinal));

        scene.Target.HoldSetSecret.SetResult();
        await UntilAsync(scene, async () => (await LabelsOfOtherAsync(scene)).Contains("AWSCURRENT"));
        (await scene.LabelsAsync(Cancel))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
    }

    [Fact]
    public async Task SuperuserThatOnlyActs_ServesSeveralRotationsAtOnce()
    {
        await using var scene = await SceneAsync(_ => s_superuserActing);
        scene.Target.HoldSetSecret = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await scene.RotateAsync(Cancel);
        await RotateOtherAsync(scene);
        await UntilAsync(scene, () => Task.FromResult(scene.Target.Steps.Count(step => step.Step == "setSecret") == 2));
        scene.Target.HoldSetSecret.SetResult();
    }

    [Fact]
    public async Task RotationThatMayHaveChangedTheTarget_KeepsItsAccountWhileItWaits()
    {
        await using var scene = await SceneAsync(_ => s_account);
        scene.Target.FailSetSecret(FailureCause.Precondition);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["State"]!.GetValue<string>() == "Parked", Cancel);
        (await TakeAsync(scene, TimeSpan.FromDays(1))).ShouldNotBeNull("only the end of that rotation frees the account");

        await scene.OkAsync("PutSecretValue", new { SecretId = "db", ClientRequestToken = OtherToken, SecretString = "by hand" }, Cancel);
        (await TakeAsync(scene, TimeSpan.FromDays(1))).ShouldBeNull();
    }

    [Fact]
    public async Task RotationThatWaits_DoesNotKeepItsSuperuserFromRotating()
    {
        await using var scene = await SceneAsync(_ => s_superuserActing);
        scene.Target.FailSetSecret(FailureCause.Precondition);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["State"]!.GetValue<string>() == "Parked", Cancel);
        (await TakeAsync(scene, TimeSpan.Zero, wanted: s_superuserRotated)).ShouldNotBeNull("its attempt may still be under way");
        (await TakeAsync(scene, TimeSpan.FromDays(1), wanted: s_superuserRotated)).ShouldBeNull();
    }

    [Fact]
    public async Task AccountsThatCannotBeTold_KeepWhatIsHeld()
    {
        await using var scene = await SceneAsync(_ => s_account);
        var now = scene.Server.Clock.GetUtcNow();
        (await TakeAsync(scene, TimeSpan.Zero, "one")).ShouldBeNull();
        await scene.Server.Services.GetRequiredService<IDatabase>().WriteAsync(
            session => PrincipalLocks.Take(session, "one", [], now + TimeSpan.FromMinutes(2), now), Cancel);
        (await TakeAsync(scene, TimeSpan.Zero, "two")).ShouldBe("one");
    }

    [Fact]
    public async Task RotationThatChangedNothing_FreesItsAccountAtOnce()
    {
        await using var scene = await SceneAsync(_ => s_account);
        scene.Target.RefuseSetSecret(FailureCause.Network);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["Cause"] is not null, Cancel);
        (await TakeAsync(scene, TimeSpan.Zero)).ShouldBeNull();
    }

    [Fact]
    public async Task LeaseThatRanOut_FreesTheAccount()
    {
        await using var scene = await SceneAsync(_ => s_account);
        (await TakeAsync(scene, TimeSpan.Zero, "one")).ShouldBeNull();
        (await TakeAsync(scene, TimeSpan.Zero, "two")).ShouldBe("one");
        (await TakeAsync(scene, TimeSpan.FromMinutes(3), "two")).ShouldBeNull();
    }

    // A node that pauses for longer than its lease finds out before it touches anything.
    [Fact]
    public async Task W10_AccountTakenByAnotherDuringAPause_IsToldToWhoHadIt()
    {
        await using var scene = await SceneAsync(_ => s_account);
        (await TakeAsync(scene, TimeSpan.Zero, "one")).ShouldBeNull();
        (await TakeAsync(scene, TimeSpan.FromMinutes(3), "two")).ShouldBeNull();
        var database = scene.Server.Services.GetRequiredService<IDatabase>();
        var now = scene.Server.Clock.GetUtcNow() + TimeSpan.FromMinutes(4);
        database.Read(session => PrincipalLocks.FindLost(session, "one", now)).ShouldBe("two");
        database.Read(session => PrincipalLocks.FindLost(session, "two", now)).ShouldBeNull();
    }

    // The node that took it died, and the clock was right only afterwards: nobody waits until then.
    [Fact]
    public async Task LeaseOfAWrongClock_FreesTheAccountToo()
    {
        await using var scene = await SceneAsync(_ => s_account);
        (await TakeAsync(scene, TimeSpan.FromDays(400), "one")).ShouldBeNull();
        (await TakeAsync(scene, TimeSpan.FromMinutes(3), "two")).ShouldBe("one");
        var now = scene.Server.Clock.GetUtcNow();
        await scene.Server.Services.GetRequiredService<IDatabase>().WriteAsync(
            session => ClockCorrection.Rotations(session, new RotationOptions(), now), Cancel);
        (await TakeAsync(scene, TimeSpan.FromMinutes(3), "two")).ShouldBeNull();
    }

    /// <summary>Asks for the account as another secret would, later.</summary>
    private static Task<string?> TakeAsync(
        RotationScene scene, TimeSpan later, string secretArn = "another", Principal? wanted = null)
    {
        var now = scene.Server.Clock.GetUtcNow() + later;
        return scene.Server.Services.GetRequiredService<IDatabase>().WriteAsync(
            session => PrincipalLocks.Take(session, secretArn, [wanted ?? s_account], now + TimeSpan.FromMinutes(2), now), Cancel);
    }
}
