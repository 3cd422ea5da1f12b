using Rekey.Server.Rotation;
using Rekey.Server.Tests.Rotators.Slots;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Slots;

/// <summary>
/// The server ends at every durable write of a rotation, before and after it, and another one goes on: the same credential is finished or
/// a lost one is deleted, AWSCURRENT is let in at every moment, and in the end one credential is left.
/// </summary>
public sealed class SlotServerCrashTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task W8_ServerThatEndsAtAnyWriteOfTheRotation_LeavesNothingBehind()
    {
        var writes = await CountAsync(isRetirement: false);
        writes.ShouldBeGreaterThan(7);
        output.WriteLine($"{writes} writes");
        for (var write = 1; write <= writes; write++)
        {
            foreach (var fault in (Fault[])[Fault.Before, Fault.After]) await CrashAsync(write, fault, isRetirement: false);
        }
    }

    [Fact]
    public async Task W7_ServerThatEndsAtAnyWriteOfTheRetirement_LeavesNothingBehind()
    {
        var writes = await CountAsync(isRetirement: true);
        writes.ShouldBeGreaterThan(7);
        output.WriteLine($"{writes} writes");
        for (var write = 1; write <= writes; write++)
        {
            foreach (var fault in (Fault[])[Fault.Before, Fault.After]) await CrashAsync(write, fault, isRetirement: true);
        }
    }

    private static async Task<int> CountAsync(bool isRetirement)
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        if (isRetirement) await scene.RotateAsync(Cancel);
        else await scene.StartRotationAsync(Cancel);
        scene.Database.DieAt(int.MaxValue, Fault.Before);
        if (isRetirement) await scene.RetireAllAsync(Cancel);
        else await scene.UntilAsync(() => scene.Upkeep.Rotation() is null, Cancel);
        return scene.Database.Writes;
    }

    private static async Task CrashAsync(int write, Fault fault, bool isRetirement)
    {
        await using var scene = await SlotScene.StartAsync(Cancel);
        if (isRetirement) await scene.RotateAsync(Cancel);
        scene.Database.DieAt(write, fault);
        if (isRetirement) await MoveUntilDeadAsync(scene);
        else await StartUntilDeadAsync(scene);
        await LiveAsync(scene, write, fault);

        await scene.RestartAsync(Cancel);
        await LiveAsync(scene, write, fault);
        if (scene.Upkeep.Rotation() is null && scene.Upkeep.Count(RotationEventName.RotationSucceeded) == 0)
            await scene.StartRotationAsync(Cancel);
        await scene.UntilAsync(() => scene.Upkeep.Count(RotationEventName.RotationSucceeded) == 1, Cancel);
        await LiveAsync(scene, write, fault);
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.ShouldBe([(await scene.CurrentAsync(Cancel)).Id], $"ended {fault} write {write}");
        scene.State!.Intents.ShouldBeEmpty();
        scene.State!.Retiring.ShouldBeEmpty();
        await LiveAsync(scene, write, fault);
    }

    private static async Task StartUntilDeadAsync(SlotScene scene)
    {
        // The write that it dies at may be the one of this call.
        await scene.Upkeep.StartRotationAsync(Cancel, Guid.NewGuid().ToString(), SlotScene.Function);
        await scene.UntilAsync(() => scene.Database.IsDead, Cancel);
    }

    private static async Task MoveUntilDeadAsync(SlotScene scene)
    {
        while (!scene.Database.IsDead)
        {
            if (scene.Retire is { Owner: null, DueAt: { } due } && due > scene.Clock.GetUtcNow()) scene.Clock.SetTo(due);
            var looks = 0;
            await scene.UntilAsync(() => scene.Database.IsDead || ++looks > 20, Cancel);
        }
    }

    private static async Task LiveAsync(SlotScene scene, int write, Fault fault)
    {
        // Read from the store: a dead server cannot answer.
        scene.Service.Ids.Count.ShouldBeLessThanOrEqualTo(CredentialService.KeysMax);
        if (scene.Database.IsDead) return;
        scene.Service.IsLive((await scene.CurrentAsync(Cancel)).Value).ShouldBeTrue($"ended {fault} write {write}");
    }
}
