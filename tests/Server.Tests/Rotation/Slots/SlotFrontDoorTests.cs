using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Rotators.Slots;
using Rekey.Server.Replication;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Replication;
using Rekey.Server.Tests.Rotation.Upkeep;
using Rekey.Server.Tests.Rotators.Slots;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Slots;

/// <summary>A secret whose target makes its credentials, rotated by RotateSecret.</summary>
public sealed class SlotFrontDoorTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task W29_CredentialsThatTheTargetMakes_Rotate_AndTheOldOneGoesInItsTime()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var canary = new Canary();
        for (var rotation = 0; rotation < 3; rotation++)
        {
            var old = await scene.CurrentAsync(Cancel);
            canary.Watch(old.Value);
            await scene.RotateAsync(Cancel);
            var current = await scene.CurrentAsync(Cancel);
            canary.Watch(current.Value);
            current.Id.ShouldNotBe(old.Id);
            scene.Service.IsLive(current.Value).ShouldBeTrue();
            scene.Service.IsLive(old.Value).ShouldBeTrue("clients that hold the old value go on");
            (await scene.LabelsAsync(Cancel)).Values.SelectMany(labels => labels).ShouldNotContain("AWSPENDING");

            scene.Retire!.DueAt.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(scene.Clock.GetUtcNow() + TimeSpan.FromMinutes(55));
            await scene.RetireAsync(Cancel);
            scene.Service.IsLive(old.Value).ShouldBeFalse();
            scene.Service.Ids.ShouldBe([old.Id, current.Id], "it is disabled, which can be undone");
            await scene.RetireAllAsync(Cancel);
            scene.Service.Ids.ShouldBe([current.Id]);
            scene.Service.IsLive(current.Value).ShouldBeTrue();
        }
        scene.State!.Ids.ShouldBe([(await scene.CurrentAsync(Cancel)).Id]);
        scene.Upkeep.Count(RotationEventName.StepFailed).ShouldBe(0);
        (await canary.FindLeaksAsync(scene.Server, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task OtherKeysOfTheValue_AreCarriedOver()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var value = await scene.Upkeep.OkAsync("GetSecretValue", new { SecretId = "db" }, Cancel);
        value["SecretString"]!.GetValue<string>().ShouldContain("\"app\":\"kept\"");
    }

    /// <summary>W7, W8: a call that broke off may have had its effect or not.</summary>
    [Theory]
    [InlineData("create", Fault.Before)]
    [InlineData("create", Fault.After)]
    [InlineData("disable", Fault.Before)]
    [InlineData("disable", Fault.After)]
    [InlineData("delete", Fault.Before)]
    [InlineData("delete", Fault.After)]
    public async Task W8_ChangeThatBreaksOff_IsTakenUpAgain(string change, object fault)
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        if (change == "create") scene.Service.NextFault = (Fault)fault;
        await scene.StartRotationAsync(Cancel);
        await scene.Upkeep.AdvanceUntilAsync(() => scene.Upkeep.Count(RotationEventName.RotationSucceeded) == 1, Cancel);
        scene.Service.Ids.Count.ShouldBe(2, "an orphan was deleted");
        if (change == "delete") await scene.RetireAsync(Cancel);
        if (change != "create") scene.Service.NextFault = (Fault)fault;
        await scene.RetireAllAsync(Cancel);
        scene.Service.NextFault.ShouldBeNull();
        var current = await scene.CurrentAsync(Cancel);
        scene.Service.Ids.ShouldBe([current.Id]);
        scene.Service.IsLive(current.Value).ShouldBeTrue();
    }

    [Fact]
    public async Task RotationThatIsCancelledWhileItsCredentialIsMade_LeavesNoneBehind()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var old = await scene.CurrentAsync(Cancel);
        var hold = scene.Service.HoldCreate();
        await scene.StartRotationAsync(Cancel);
        await hold.Reached.Task;
        await scene.Upkeep.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        hold.Released.SetResult();
        await scene.UntilAsync(() => scene.Service.Ids.Count == 1, Cancel);
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.ShouldBe([old.Id]);
        (await scene.CurrentAsync(Cancel)).ShouldBe(old);
        scene.Service.IsLive(old.Value).ShouldBeTrue();
        scene.State!.Intents.ShouldBeEmpty();
    }

    /// <summary>AWS leaves AWSPENDING to the caller; its credential goes when the label does.</summary>
    [Fact]
    public async Task RotationThatIsCancelledWhileItsCredentialIsTested_Ends_AndTheCredentialGoesWithItsLabel()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var old = await scene.CurrentAsync(Cancel);
        scene.Service.Lag = TimeSpan.FromHours(1);
        await scene.StartRotationAsync(Cancel);
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is { State: RotationState.Testing }, Cancel);
        await scene.Upkeep.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        scene.Upkeep.Rotation().ShouldBeNull();
        scene.Service.Lag = TimeSpan.Zero;
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.Count.ShouldBe(2, "it may be taken up again");

        var pending = await scene.VersionAsync("AWSPENDING", Cancel);
        await scene.Upkeep.OkAsync(
            "UpdateSecretVersionStage", new { SecretId = "db", VersionStage = "AWSPENDING", RemoveFromVersionId = pending }, Cancel);
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.ShouldBe([old.Id]);
        scene.Service.IsLive(old.Value).ShouldBeTrue();
    }

    /// <summary>No more than its attempts, since nobody is locked out meanwhile; and always the same credential.</summary>
    [Fact]
    public async Task CredentialThatIsNeverLetIn_ParksTheRotation()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var old = await scene.CurrentAsync(Cancel);
        scene.Clock.Advance(TimeSpan.FromDays(1));
        scene.Service.Lag = TimeSpan.FromHours(12);
        await scene.StartRotationAsync(Cancel);
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is { State: RotationState.Parked }, Cancel);
        scene.Service.IsLive(old.Value).ShouldBeTrue();
        (await scene.CurrentAsync(Cancel)).ShouldBe(old);
        scene.Service.Created.ShouldBe(2);

        scene.Service.Lag = TimeSpan.Zero;
        // AWS's answer, while the rotation is taken up again.
        await scene.Upkeep.StartRotationAsync(Cancel, Guid.NewGuid().ToString(), SlotScene.Function);
        await scene.UntilAsync(() => scene.Upkeep.Count(RotationEventName.RotationSucceeded) == 1, Cancel);
        scene.Service.Created.ShouldBe(2);
    }

    [Fact]
    public async Task PendingVersionThatIsGivenUpByHand_LosesItsCredential()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var old = await scene.CurrentAsync(Cancel);
        var value = (await scene.Upkeep.OkAsync("GetSecretValue", new { SecretId = "db" }, Cancel))["SecretString"]!.GetValue<string>();
        scene.Service.Lag = TimeSpan.FromHours(1);
        await scene.StartRotationAsync(Cancel);
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is { State: RotationState.Testing }, Cancel);
        await scene.Upkeep.OkAsync(
            "PutSecretValue",
            new { SecretId = "db", ClientRequestToken = Guid.NewGuid().ToString(), SecretString = value }, Cancel);
        scene.Upkeep.Rotation().ShouldBeNull("a value by hand ends it");
        scene.Service.Lag = TimeSpan.Zero;
        if ((await scene.LabelsAsync(Cancel)).Values.Any(labels => labels.Contains("AWSPENDING")))
        {
            var pending = await scene.VersionAsync("AWSPENDING", Cancel);
            await scene.Upkeep.OkAsync(
                "UpdateSecretVersionStage",
                new { SecretId = "db", VersionStage = "AWSPENDING", RemoveFromVersionId = pending }, Cancel);
        }
        await scene.UntilAsync(() => scene.Retire?.DueAt is not null, Cancel);
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.ShouldBe([old.Id]);
        scene.Service.IsLive(old.Value).ShouldBeTrue();
    }

    [Fact]
    public async Task VersionThatSomebodyGoesBackTo_IsLetInAgain()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var old = await scene.CurrentAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var current = await scene.CurrentAsync(Cancel);
        await scene.RetireAsync(Cancel);
        scene.Service.IsLive(old.Value).ShouldBeFalse();
        var now = scene.Clock.GetUtcNow();
        await scene.Upkeep.MoveCurrentAsync(
            await scene.VersionAsync("AWSCURRENT", Cancel), await scene.VersionAsync("AWSPREVIOUS", Cancel), Cancel);
        await scene.UntilAsync(() => scene.Service.IsLive(old.Value), Cancel);
        (scene.Clock.GetUtcNow() - now).ShouldBeLessThan(TimeSpan.FromMinutes(1));
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.ShouldBe([old.Id]);
        scene.Service.IsLive(current.Value).ShouldBeFalse();
    }

    /// <summary>Retiring waits for replicas; what is let in again does not.</summary>
    [Fact]
    public async Task VersionThatSomebodyGoesBackTo_IsLetInAgain_WhileAReplicaIsBehind()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var west = new { Region = ReplicationScene.West };
        await scene.Upkeep.OkAsync("ReplicateSecretToRegions", new { SecretId = "db", AddReplicaRegions = new[] { west } }, Cancel);
        bool IsBehind() => scene.Upkeep.Database.Read(session => ReplicationLinks.IsBehind(session, scene.Upkeep.Arn));
        var old = await scene.CurrentAsync(Cancel);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(() => !IsBehind(), Cancel);
        await scene.RetireAsync(Cancel);
        scene.Service.IsLive(old.Value).ShouldBeFalse();

        ((ScriptedTransport)scene.Server.Services.GetRequiredService<IReplicationTransport>()).IsDown = true;
        var now = scene.Clock.GetUtcNow();
        await scene.Upkeep.MoveCurrentAsync(
            await scene.VersionAsync("AWSCURRENT", Cancel), await scene.VersionAsync("AWSPREVIOUS", Cancel), Cancel);
        IsBehind().ShouldBeTrue();
        await scene.UntilAsync(() => scene.Service.IsLive(old.Value), Cancel);
        (scene.Clock.GetUtcNow() - now).ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    /// <summary>A retirement that is due must not take the last credential away that works.</summary>
    [Fact]
    public async Task W4_OldCredential_StaysWhileTheNewOneIsNotLetIn()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var old = await scene.CurrentAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var current = await scene.CurrentAsync(Cancel);
        var issuer = scene.Service.Issuer();
        await issuer.DisableAsync(current.Id, Cancel);
        await scene.RetireAsync(Cancel);
        scene.Retire!.Outcome.ShouldBe(UpkeepOutcome.Failed);
        scene.Retire!.CauseMessage!.ShouldContain(current.Id);
        scene.Service.IsLive(old.Value).ShouldBeTrue();

        await issuer.EnableAsync(current.Id, Cancel);
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.ShouldBe([current.Id]);
    }

    /// <summary>Who may write the value must not choose where the administrator's password, or a new credential, is sent.</summary>
    [Fact]
    public async Task W11_ValueThatNamesAnotherHostThanItsSuperuserSecret_IsRefused()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        using var own = new IssuedCredential("key-1", Aws.Sensitive.FromText("value"));
        await scene.PutAsync(own, Cancel, host: "localhost");
        var before = scene.Service.Requests;
        await scene.StartRotationAsync(Cancel);
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is null, Cancel);
        scene.Service.Requests.ShouldBe(before);
        scene.Upkeep.Entries().Last(entry => entry.Name == RotationEventName.RotationFailed).Message!
            .ShouldContain("its superuser secret 127.0.0.1");
        (await scene.LabelsAsync(Cancel)).Values.SelectMany(labels => labels).ShouldNotContain("AWSPENDING");
    }

    [Fact]
    public async Task CredentialThatSomebodyElseMade_StopsTheRotation_BeforeAnythingIsMade()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var foreign = scene.Service.AddForeign();
        var created = scene.Service.Created;
        await scene.StartRotationAsync(Cancel);
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is null, Cancel);
        var failed = scene.Upkeep.Entries().Last(entry => entry.Name == RotationEventName.StepFailed);
        (failed.Cause, failed.NativeCode).ShouldBe((FailureCause.Precondition, "SlotOccupied"));
        failed.Message!.ShouldContain(foreign);
        scene.Service.Created.ShouldBe(created);
    }

    /// <summary>The next rotation comes while the only other slot is being freed: it waits until that is over, and no longer.</summary>
    [Fact]
    public async Task RotationThatNeedsASlotWhichIsBeingFreed_BeginsWhenItIsFree()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        await scene.RetireAsync(Cancel);
        var free = scene.State!.Retiring.ShouldHaveSingleItem().NotBefore;
        await scene.StartRotationAsync(Cancel);
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is { Cause: not null, Owner: null }, Cancel);
        scene.Upkeep.Rotation()!.NotBefore.ShouldBe(free, TimeSpan.FromSeconds(1));
        await scene.Upkeep.AdvanceUntilAsync(() => scene.Upkeep.Count(RotationEventName.RotationSucceeded) == 2, Cancel);
        scene.Upkeep.Count(RotationEventName.StepFailed).ShouldBe(1);
        scene.Service.IsLive((await scene.CurrentAsync(Cancel)).Value).ShouldBeTrue();
    }

    [Fact]
    public async Task RotateImmediatelyFalse_TestsTheCredential_AndHasNoneMade()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        var created = scene.Service.Created;
        (await scene.Upkeep.StartRotationAsync(Cancel, function: SlotScene.Function, immediately: false)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is null, Cancel);
        scene.Upkeep.Events().ShouldContain(RotationEventName.TestRotationSucceeded);
        scene.Service.Created.ShouldBe(created);
    }

    [Fact]
    public async Task Plan_SaysWhatWouldBeDone_AndDoesNothing()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var (old, current) = (scene.Service.Ids[0], (await scene.CurrentAsync(Cancel)).Id);
        var plan = (await scene.Upkeep.ExtensionAsync("PlanRotation", Cancel)).ToJsonString();
        plan.ShouldContain($"found: {old}, active");
        plan.ShouldContain($"delete {current}, 86400 s later");
        var hops = (await scene.Upkeep.ExtensionAsync("DiagnoseSecret", Cancel)).ToJsonString();
        hops.ShouldContain("the service lists 2 credentials of orders, of 2 at most");
        hops.ShouldContain($"the service lets {current} in");
        scene.Service.Ids.ShouldBe([old, current]);
    }

    /// <summary>The administrator's requests have the id in their address.</summary>
    [Fact]
    public async Task ValueWithAnIdThatIsAPath_IsRefused_BeforeAnythingIsSent()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        using var own = new IssuedCredential("../../root/credentials/key-1", Aws.Sensitive.FromText("value"));
        await scene.PutAsync(own, Cancel);
        var before = scene.Service.Requests;
        await scene.StartRotationAsync(Cancel);
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is null, Cancel);
        scene.Service.Requests.ShouldBe(before);
        scene.Upkeep.Entries().Last(entry => entry.Name == RotationEventName.RotationFailed).Message!.ShouldStartWith("credentialid must");
    }

    [Fact]
    public async Task PendingValueOfSomebodyElse_WithoutACredentialId_IsNotRotatedTo()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        (await scene.Upkeep.StartRotationAsync(Cancel, function: SlotScene.Function, immediately: false)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Upkeep.Rotation() is null, Cancel);
        var token = Guid.NewGuid().ToString();
        await scene.Upkeep.OkAsync(
            "PutSecretValue",
            new
            {
                SecretId = "db",
                ClientRequestToken = token,
                SecretString = UpkeepScene.Value("pending", "orders"),
                VersionStages = (string[])["AWSPENDING"],
            },
            Cancel);
        var created = scene.Service.Created;
        // AWS's answer, while the rotation of that version is taken up.
        (await scene.Upkeep.StartRotationAsync(Cancel, UpkeepScene.NextToken, SlotScene.Function)).IsSuccess.ShouldBeFalse();
        await scene.UntilAsync(() => scene.Upkeep.Count(RotationEventName.RotationFailed) == 1, Cancel);
        scene.Service.Created.ShouldBe(created);
        (await scene.VersionAsync("AWSPENDING", Cancel)).ShouldBe(token);
    }

    [Fact]
    public async Task DeletedSecret_RetiresItsOldCredential_AndLeavesTheCurrentOne()
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        var current = await scene.CurrentAsync(Cancel);
        await scene.Upkeep.OkAsync("DeleteSecret", new { SecretId = "db", RecoveryWindowInDays = 7 }, Cancel);
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.ShouldBe([current.Id]);
        await scene.Upkeep.OkAsync("DeleteSecret", new { SecretId = "db", ForceDeleteWithoutRecovery = true }, Cancel);
        scene.State.ShouldBeNull();
    }
}
