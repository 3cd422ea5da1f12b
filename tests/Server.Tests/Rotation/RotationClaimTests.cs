using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Rotation.Upkeep;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>Who runs a rotation when several workers have seen it: one, and as it is now.</summary>
public sealed class RotationClaimTests : IAsyncLifetime
{
    private static readonly RotationOptions Options = new();
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(Options.LeaseSeconds);

    private UpkeepScene? _scene;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private UpkeepScene Scene => _scene!;

    /// <summary>Far ahead of the server's own clock: its scheduler leaves alone what the tests do.</summary>
    private DateTimeOffset Later => Scene.Server.Clock.GetUtcNow().AddDays(1);

    public async ValueTask InitializeAsync()
    {
        _scene = await UpkeepScene.StartAsync(CancellationToken.None);
        await WriteAsync(session => RotationRows.Insert(session, new RotationInProgress
        {
            SecretArn = Scene.Arn,
            VersionId = UpkeepScene.Token,
            Kind = RotationKind.Rotate,
            State = RotationState.Reserved,
            NotBefore = Later,
            StartedAt = Later,
            Fence = 1,
        }));
    }

    public ValueTask DisposeAsync() => Scene.DisposeAsync();

    private Task<bool> WriteAsync(Action<Session> work) => Scene.Database.WriteAsync(
        session =>
        {
            work(session);
            return true;
        },
        Cancel);

    private RotationInProgress? Seen(string node, DateTimeOffset now) =>
        Scene.Database.Read(session => RotationRows.Ready(session, now, node, ownerIsAlone: false, limit: 10)).SingleOrDefault();

    private Task<RotationInProgress?> TakeAsync(RotationInProgress seen, string node, DateTimeOffset now)
    {
        var tokens = Scene.Server.Services.GetRequiredService<RotationTokens>();
        return Scene.Database.WriteAsync(
            session => RotationClaim.Take(session, seen, tokens, node, ownerIsAlone: false, Options, now), Cancel);
    }

    /// <summary>What the runner writes before it performs a step.</summary>
    private async Task<RotationInProgress> IntendAsync(RotationInProgress claimed, RotationState state, DateTimeOffset now)
    {
        var intended = claimed with
        {
            State = state,
            PendingMayBeLive = state >= RotationState.Setting,
            Attempt = claimed.Attempt + 1,
            StepStartedAt = now,
            LeaseUntil = now + Lease,
        };
        await WriteAsync(session => RotationRows.Update(session, intended, claimed.Fence).ShouldBeTrue());
        return intended;
    }

    [Fact]
    public async Task TwoNodes_OneTakesTheRotation()
    {
        var seenByBoth = Seen("a", Later)!;
        (await TakeAsync(seenByBoth, "a", Later)).ShouldNotBeNull();
        (await TakeAsync(seenByBoth, "b", Later)).ShouldBeNull();
        Seen("b", Later).ShouldBeNull();
    }

    // The list was read while an attempt ran, whose end keeps the fence: as it was read, the pending password is not live, the attempt is
    // the first and nothing has to wait.
    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    public async Task RotationWhoseAttemptEndedSinceItWasRead_IsNotTakenAsItWas(string node)
    {
        var claimed = (await TakeAsync(Seen("a", Later)!, "a", Later))!;
        await IntendAsync(claimed, RotationState.Creating, Later);
        var now = node == "a" ? Later : Later + Lease;
        var seen = Seen(node, now)!;
        seen.PendingMayBeLive.ShouldBeFalse();

        var setting = await IntendAsync(seen, RotationState.Setting, Later);
        var (failed, effect) = RotationRun.Failed(
            setting, new StepOutcome(FailureCause.Auth, "refused"), Options, jitter: 0, Later, nextWindow: null);
        effect.ShouldBe(RotationEffect.Wait);
        await WriteAsync(session => RotationRows.Update(session, failed, setting.Fence).ShouldBeTrue());

        (await TakeAsync(seen, node, now)).ShouldBeNull();
        var stored = Scene.Rotation()!;
        stored.ShouldBe(failed with { SealedToken = stored.SealedToken });
    }

    // Its database may have the new password already, and whoever waits for a dead one must not keep it from being finished. But one whose
    // own database is dead takes its place among the others after a while.
    [Theory]
    [InlineData(1, true)]
    [InlineData(100, false)]
    public async Task RotationThatMayHaveLockedAnApplicationOut_ComesFirst(int attempts, bool isFirst)
    {
        var waiting = Scene.Rotation()!;
        var urgent = waiting with
        {
            SecretArn = "urgent",
            PendingMayBeLive = true,
            Attempt = attempts,
            NotBefore = waiting.NotBefore.AddSeconds(1),
        };
        await WriteAsync(session => RotationRows.Insert(session, urgent));
        var next = Scene.Database.Read(
            session => RotationRows.Ready(session, Later.AddHours(1), "a", ownerIsAlone: false, limit: 1)).Single();
        next.SecretArn.ShouldBe(isFirst ? "urgent" : Scene.Arn);
    }

    [Fact]
    public async Task OwnerThatRenewedItsLeaseSinceItWasSeenToEnd_KeepsTheRotation()
    {
        var claimed = (await TakeAsync(Seen("a", Later)!, "a", Later))!;
        var running = await IntendAsync(claimed, RotationState.Creating, Later);
        var seenByOther = Seen("b", Later + Lease)!;
        await IntendAsync(running, RotationState.Setting, Later + Lease);
        (await TakeAsync(seenByOther, "b", Later + Lease)).ShouldBeNull("the first is changing the password");
        Scene.Rotation()!.Owner.ShouldBe("a");
    }

    // Until the clock that was wrong is reached again an application would be locked out.
    [Fact]
    public async Task RotationThatTakesTheServerDown_WaitsOneDelay_AlsoAfterTheClockWasSetBack()
    {
        var claimed = (await TakeAsync(Seen("a", Later)!, "a", Later))!;
        var wrong = Later.AddDays(1);
        await IntendAsync(claimed with { Attempt = Options.MaxAttempts }, RotationState.Setting, wrong);
        var now = Later + Lease + Lease;
        await WriteAsync(session => RotationRows.Update(session, Scene.Rotation()! with { LeaseUntil = now }, claimed.Fence));

        (await TakeAsync(Seen("b", now)!, "b", now)).ShouldBeNull("it took the server down often enough");
        var later = now + TimeSpan.FromSeconds(Options.RetryDelaySeconds);
        Seen("b", later - TimeSpan.FromSeconds(1)).ShouldBeNull();
        (await TakeAsync(Seen("b", later)!, "b", later)).ShouldNotBeNull();
    }
}
