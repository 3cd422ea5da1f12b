using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Rotation;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation.Upkeep;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>Values that cannot be opened, for a while or for ever, and keys that change under a rotation.</summary>
public sealed class UnreadableValueTests
{
    private const string Alias = "alias/app";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Makes the stored blob one that does not open, or one that does again.</summary>
    private static Task<bool> FlipAsync(UpkeepScene scene, string versionId) => scene.Database.WriteAsync(
        session =>
        {
            var blob = SecretStore.ReadPayload(session, scene.Arn, versionId)!;
            blob[^1] ^= 1;
            SecretStore.SetPayload(session, scene.Arn, versionId, SecretStore.FindByArn(session, scene.Arn)!.KmsKeyArn, blob);
            return true;
        },
        Cancel);

    /// <summary>The key that there is becomes another than the default one.</summary>
    private static Task<bool> RenameKeyAsync(UpkeepScene scene)
    {
        var keys = scene.Server.Services.GetRequiredService<KmsKeyStore>();
        return scene.Database.WriteAsync(
            session =>
            {
                var arn = keys.EnsureDefaultKey(session, TestServer.Account, TestServer.Region, scene.Server.Clock.GetUtcNow());
                session.Execute("UPDATE kms_keys SET alias = @alias WHERE key_arn = @arn", ("alias", Alias), ("arn", arn));
                return true;
            },
            Cancel);
    }

    [Fact]
    public async Task CurrentThatCannotBeOpened_IsAFailureThatIsTold_AndTriedAgainAfterPauses()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, immediately: false);
        await FlipAsync(scene, UpkeepScene.FirstVersion);
        (await scene.StartRotationAsync(Cancel, function: null)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation() is { Cause: not null, Owner: null }, Cancel);
        scene.Events().ShouldContain(RotationEventName.StepFailed);
        scene.Rotation()!.NotBefore.ShouldBeGreaterThan(scene.Server.Clock.GetUtcNow());

        await FlipAsync(scene, UpkeepScene.FirstVersion);
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 1, Cancel);
    }

    [Fact]
    public async Task PreviousThatCannotBeOpened_IsNotNeeded()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        await FlipAsync(scene, UpkeepScene.FirstVersion);
        await scene.RotateAsync(Cancel, UpkeepScene.NextToken);
        scene.Count(RotationEventName.StepFailed).ShouldBe(0);
    }

    // The database has the new password already: parked, the rotation would leave applications locked out when the key is there again.
    [Fact]
    public async Task PendingThatCannotBeOpenedForAWhile_OnceTheTargetWasChanged_IsFinishedWhenItCan()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        scene.Fails = what =>
        {
            if (what.StartsWith("replace", StringComparison.Ordinal)) FlipAsync(scene, UpkeepScene.Token).GetAwaiter().GetResult();
            return null;
        };
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation() is { Cause: not null, Owner: null }, Cancel);
        scene.Fails = _ => null;
        scene.Target["app"].Passwords.ShouldNotContain("one");
        await scene.PassAsync(TimeSpan.FromHours(2), Cancel);
        scene.Count(RotationEventName.RotationSucceeded).ShouldBe(0);

        await FlipAsync(scene, UpkeepScene.Token);
        await scene.PassAsync(TimeSpan.FromMinutes(1), Cancel);
        scene.Count(RotationEventName.RotationSucceeded).ShouldBe(1);
        scene.Target["app"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
        scene.Target.Refused.ShouldBe(0, "what cannot be opened is not tried");
    }

    [Fact]
    public async Task KeyThatChangesWhileThePendingValueIsMade_SealsIt()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await RenameKeyAsync(scene);
        scene.Hold("login app one");
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Reached.Task.IsCompleted, Cancel);
        await scene.OkAsync(
            "UpdateSecret", new { SecretId = "db", ClientRequestToken = UpkeepScene.NextToken, KmsKeyId = "" }, Cancel);
        scene.Release();
        await scene.UntilAsync(() => scene.Rotation() is null, Cancel);
        var secret = scene.Database.Read(session => SecretStore.FindByArn(session, scene.Arn))!;
        secret.FindLabelled(StagingLabels.Current)!.VersionId.ShouldBe(UpkeepScene.Token);
        secret.FindLabelled(StagingLabels.Current)!.KmsKeyArn.ShouldBe(secret.KmsKeyArn, "the key before may be disabled now");
        await scene.CurrentPasswordAsync(Cancel);
    }

    [Fact]
    public async Task PendingLabelTakenAwayByHand_BeforeTheTargetIsTouched_LeavesNothingThatMayBeLive()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        scene.Hold("login app one");
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Reached.Task.IsCompleted, Cancel);
        await scene.OkAsync(
            "UpdateSecretVersionStage",
            new { SecretId = "db", VersionStage = "AWSPENDING", RemoveFromVersionId = UpkeepScene.Token }, Cancel);
        scene.Release();
        await scene.UntilAsync(() => scene.Rotation() is { Cause: not null, Owner: null }, Cancel);
        scene.Target["app"].Passwords.ShouldBe(["one"]);
        scene.Rotation()!.PendingMayBeLive.ShouldBeFalse();
        await scene.RotateAsync(Cancel, UpkeepScene.NextToken);
    }
}
