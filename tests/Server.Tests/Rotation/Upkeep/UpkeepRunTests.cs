using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

public sealed class UpkeepRunTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 16, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Beat = Now.AddHours(1);
    private static readonly RotationOptions Options = new();

    // kind, cause, attempt → seconds until the next attempt with the delay in the middle of its tolerance; -1: parked, -2: the next beat
    [Theory]
    [InlineData("Retire", FailureCause.Network, 1, 30)]
    [InlineData("Retire", FailureCause.Unavailable, 2, 60)]
    [InlineData("Heal", FailureCause.Timeout, 4, 240)]
    [InlineData("Retire", FailureCause.Network, 5, 86400)]
    [InlineData("Heal", FailureCause.Conflict, 5, 86400)]
    [InlineData("Retire", FailureCause.Privilege, 1, 86400)]
    [InlineData("Heal", FailureCause.Precondition, 1, 86400)]
    [InlineData("Retire", FailureCause.Auth, 1, -1)]
    [InlineData("Heal", FailureCause.Auth, 1, -1)]
    [InlineData("Heartbeat", FailureCause.Network, 1, 30)]
    [InlineData("Heartbeat", FailureCause.Network, 5, -2)]
    [InlineData("Heartbeat", FailureCause.Auth, 1, -2)]
    [InlineData("Heartbeat", FailureCause.Privilege, 1, -2)]
    public void Failure_IsRetriedWhileThatCanHelp(string kind, FailureCause cause, int attempt, double seconds)
    {
        var task = Claimed(Enum.Parse<UpkeepKind>(kind)) with { Attempt = attempt };
        var (next, _) = After(task, new UpkeepResult(UpkeepOutcome.Failed, cause, "why"));
        next.DueAt.ShouldBe(seconds switch { -1 => null, -2 => Beat, _ => Now.AddSeconds(seconds) });
        next.Owner.ShouldBeNull();
        next.LeaseUntil.ShouldBeNull();
        next.IsParked.ShouldBe(seconds == -1);
    }

    [Theory]
    [InlineData(-1, 24)]
    [InlineData(1, 36)]
    public void Delay_StaysWithinAFifth(double jitter, double seconds)
    {
        var (next, _) = UpkeepRun.After(
            Claimed(UpkeepKind.Retire), new UpkeepResult(UpkeepOutcome.Failed, FailureCause.Network), Options, jitter, Now, nextBeat: null);
        next.DueAt.ShouldBe(Now.AddSeconds(seconds));
    }

    [Fact]
    public void RefusedHealing_TriesTheNextStoredVersion_ButNotAtOnce()
    {
        var refused = new UpkeepResult(UpkeepOutcome.Failed, FailureCause.Auth) { HasMoreCandidates = true };
        var (next, isTold) = After(Claimed(UpkeepKind.Heal), refused);
        next.DueAt.ShouldBe(Now + UpkeepRun.RefusedPause);
        next.Attempt.ShouldBe(1);
        isTold.ShouldBeTrue();
    }

    [Fact]
    public void HeartbeatRefusedTwiceInARow_GoesOnOnceADay()
    {
        var refused = new UpkeepResult(UpkeepOutcome.Failed, FailureCause.Auth, "why");
        var (first, _) = After(Claimed(UpkeepKind.Heartbeat), refused);
        first.DueAt.ShouldBe(Beat);
        var (second, _) = After(first with { Attempt = 1 }, refused);
        second.DueAt.ShouldBe(Now.AddDays(1));
    }

    [Fact]
    public void HeartbeatSwitchedOff_EndsWithItsLastBeat()
    {
        var (next, _) = UpkeepRun.After(
            Claimed(UpkeepKind.Heartbeat), new UpkeepResult(UpkeepOutcome.Succeeded), Options, jitter: 0, Now, nextBeat: null);
        next.DueAt.ShouldBeNull();
        next.IsParked.ShouldBeFalse();
    }

    // outcome and cause before, hours since, outcome and cause now → told?
    [Theory]
    [InlineData(null, null, 0, "Succeeded", null, true)]
    [InlineData("Succeeded", null, 1, "Succeeded", null, false)]
    [InlineData("Succeeded", null, 17, "Succeeded", null, true)]
    [InlineData("Succeeded", null, 1, "Failed", FailureCause.Auth, true)]
    [InlineData("Failed", FailureCause.Auth, 1, "Failed", FailureCause.Auth, false)]
    [InlineData("Failed", FailureCause.Auth, 1, "Failed", FailureCause.Privilege, true)]
    [InlineData("Failed", FailureCause.Auth, 1, "Succeeded", null, true)]
    [InlineData("Failed", FailureCause.Auth, 1, "Failed", FailureCause.Network, false)]
    public void Heartbeat_IsToldOnChangeAndOnceADay(
        string? before, FailureCause? causeBefore, double hours, string outcome, FailureCause? cause, bool told)
    {
        var task = Claimed(UpkeepKind.Heartbeat) with
        {
            Outcome = before is null ? null : Enum.Parse<UpkeepOutcome>(before),
            EndedAt = before is null ? null : Now.AddHours(-hours),
            Cause = causeBefore,
        };
        After(task, new UpkeepResult(Enum.Parse<UpkeepOutcome>(outcome), cause)).IsTold.ShouldBe(told);
    }

    [Fact]
    public void HealedHeartbeat_IsAlwaysTold()
    {
        var task = Claimed(UpkeepKind.Heartbeat) with { Outcome = UpkeepOutcome.Succeeded, EndedAt = Now };
        After(task, new UpkeepResult(UpkeepOutcome.Succeeded) { IsHealed = true }).IsTold.ShouldBeTrue();
    }

    [Fact]
    public void NextBeat_HasAPlaceOfItsOwnInThePeriod()
    {
        var period = TimeSpan.FromHours(6);
        var secrets = Enumerable.Range(0, 200).Select(number => $"arn:aws:secretsmanager:us-east-1:1:secret:s{number}").ToArray();
        var beats = secrets.Select(arn => UpkeepSchedule.NextBeat(arn, period, Now)!.Value).ToArray();
        beats.ShouldAllBe(beat => beat > Now && beat <= Now + period);
        // Spread: no quarter of the period has more than half of them.
        beats.GroupBy(beat => (int)((beat - Now) / (period / 4))).Max(group => group.Count()).ShouldBeLessThan(100);
        // The next one follows after exactly a period, however late this one was looked at.
        for (var i = 0; i < secrets.Length; i++)
            UpkeepSchedule.NextBeat(secrets[i], period, beats[i]).ShouldBe(beats[i] + period);
        UpkeepSchedule.NextBeat(secrets[0], null, Now).ShouldBeNull();
    }

    [Theory]
    [InlineData(null, 0.0, null)]
    [InlineData(null, 2.0, 120.0)]
    [InlineData(0.0, 2.0, null)]
    [InlineData(30.0, 2.0, 30.0)]
    [InlineData(0.01, 0.0, 1.0)]
    public void Period_IsTheSecretsOwnOrTheServers(double? ownMinutes, double serverHours, double? minutes)
    {
        var settings = new RotationSettings { Heartbeat = ownMinutes is { } own ? TimeSpan.FromMinutes(own) : null };
        UpkeepSchedule.PeriodOf(settings, new RotationOptions { HeartbeatHours = serverHours })
            .ShouldBe(minutes is { } wanted ? TimeSpan.FromMinutes(wanted) : null);
    }

    [Fact]
    public void RetirementInSteps_IsDueAgainForTheNextOne_WithFreshAttempts()
    {
        var result = new UpkeepResult(UpkeepOutcome.Succeeded) { Again = Now.AddHours(24) };
        var (next, isTold) = After(Claimed(UpkeepKind.Retire) with { Attempt = 3 }, result);
        (next.DueAt, next.Attempt, next.Owner, next.Outcome).ShouldBe((Now.AddHours(24), 0, null, UpkeepOutcome.Succeeded));
        isTold.ShouldBeTrue();
    }

    private static (UpkeepTask Next, bool IsTold) After(UpkeepTask task, UpkeepResult result) =>
        UpkeepRun.After(task, result, Options, jitter: 0, Now, Beat);

    private static UpkeepTask Claimed(UpkeepKind kind) => new()
    {
        SecretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf",
        Kind = kind,
        DueAt = Now,
        Attempt = 1,
        Owner = "node",
        LeaseUntil = Now.AddMinutes(2),
        Fence = 7,
    };
}
