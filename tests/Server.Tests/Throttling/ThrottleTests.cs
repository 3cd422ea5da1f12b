using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Throttling;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Throttling;

public sealed class ThrottleTests
{
    private const string Get = "secretsmanager:GetSecretValue";
    private const string Describe = "secretsmanager:DescribeSecret";

    private readonly ManualClock _clock = new();

    [Fact]
    public void Burst_IsOneSecondsWorthAndRefillsSteadily()
    {
        var throttle = New(new ThrottlingOptions { DescribeAndGetPerSecond = 5 });
        Taken(throttle, 9).ShouldBe(5);
        _clock.Advance(TimeSpan.FromMilliseconds(199));
        Taken(throttle, 9).ShouldBe(0);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Taken(throttle, 9).ShouldBe(1);
        _clock.Advance(TimeSpan.FromMilliseconds(600));
        Taken(throttle, 9).ShouldBe(3);
        // A refused call cost nothing, and a long pause saves no more than a second's worth.
        _clock.Advance(TimeSpan.FromDays(1));
        Taken(throttle, 9).ShouldBe(5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(6000)]
    public void Rate_IsKeptOverTime(int rate)
    {
        var throttle = New(new ThrottlingOptions { DescribeAndGetPerSecond = rate });
        Taken(throttle, rate + 10).ShouldBe(rate);
        var taken = 0;
        for (var step = 0; step < 40; step++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(250));
            taken += Taken(throttle, rate + 10);
        }
        // Ticks do not divide by every rate: what is lost or won is less than a call in a thousand.
        taken.ShouldBeInRange(rate * 10 * 999 / 1000, (rate * 10 * 1001 / 1000) + 1);
    }

    [Fact]
    public void OperationsOfAGroup_ShareTheirRate()
    {
        var throttle = New(new ThrottlingOptions { DescribeAndGetPerSecond = 2, ListSecretsPerSecond = 1 });
        throttle.Ask("a", "r", Get).ShouldBe(ThrottleAnswer.Go);
        throttle.Ask("a", "r", Describe).ShouldBe(ThrottleAnswer.Go);
        throttle.Ask("a", "r", Get).ShouldNotBe(ThrottleAnswer.Go);
        throttle.Ask("a", "r", Describe).ShouldNotBe(ThrottleAnswer.Go);
        throttle.Ask("a", "r", "secretsmanager:ListSecrets").ShouldBe(ThrottleAnswer.Go);
    }

    [Fact]
    public void PrincipalsAndRegions_AreCountedApart()
    {
        var throttle = New(new ThrottlingOptions { DescribeAndGetPerSecond = 1 });
        foreach (var (principal, region) in new[] { ("a", "r"), ("b", "r"), ("a", "s") })
        {
            throttle.Ask(principal, region, Get).ShouldBe(ThrottleAnswer.Go);
            throttle.Ask(principal, region, Get).ShouldNotBe(ThrottleAnswer.Go);
        }
    }

    [Fact]
    public void FirstRefusalInASecond_IsRecorded()
    {
        var throttle = New(new ThrottlingOptions { DescribeAndGetPerSecond = 1 });
        var answers = new List<ThrottleAnswer>();
        foreach (var pause in new[] { 0, 0, 0, 900, 100 })
        {
            _clock.Advance(TimeSpan.FromMilliseconds(pause));
            answers.Add(throttle.Ask("a", "r", Get));
        }
        answers.ShouldBe(
            [ThrottleAnswer.Go, ThrottleAnswer.RefuseAndRecord, ThrottleAnswer.Refuse, ThrottleAnswer.Refuse, ThrottleAnswer.Go]);
        throttle.Ask("a", "r", Get).ShouldBe(ThrottleAnswer.RefuseAndRecord);
    }

    [Fact]
    public void Memory_HoldsOnlyWhoCalledOfLate()
    {
        var throttle = New(new ThrottlingOptions { DescribeAndGetPerSecond = 1 }, bucketsMax: 100);
        for (var caller = 0; caller < 1000; caller++)
        {
            throttle.Ask($"caller {caller}", "r", Get).ShouldBe(ThrottleAnswer.Go);
            throttle.Count.ShouldBeLessThanOrEqualTo(100);
        }
        // Those that came beyond the bound are not counted; who has a bucket stays counted.
        throttle.Ask("caller 999", "r", Get).ShouldBe(ThrottleAnswer.Go);
        throttle.Ask("caller 0", "r", Get).ShouldNotBe(ThrottleAnswer.Go);
        _clock.Advance(TimeSpan.FromSeconds(1));
        throttle.Ask("caller 999", "r", Get).ShouldBe(ThrottleAnswer.Go);
        throttle.Ask("caller 999", "r", Get).ShouldNotBe(ThrottleAnswer.Go);
        throttle.Count.ShouldBe(1);
    }

    [Fact]
    public void CallersAtTheSameTime_GetNoMoreThanTheRate()
    {
        var throttle = New(new ThrottlingOptions { DescribeAndGetPerSecond = 1000 });
        var taken = 0;
        Parallel.For(0, 4000, _ =>
        {
            if (throttle.Ask("a", "r", Get) == ThrottleAnswer.Go) Interlocked.Increment(ref taken);
        });
        taken.ShouldBe(1000);
    }

    [Fact]
    public void EveryOperationOfTheModel_IsInAGroup()
    {
        foreach (var operation in ServiceModel.Get("secretsmanager").Operations)
            RateGroups.Of($"secretsmanager:{operation.Name}").ShouldNotBeNull(operation.Name);
        RateGroups.Of("sts:GetCallerIdentity").ShouldBeNull();
    }

    [Fact]
    public void Defaults_AreAwss()
    {
        var options = new ThrottlingOptions();
        options.Enabled.ShouldBeFalse();
        Enum.GetValues<RateGroup>().Select(group => (group, options.RateOf(group))).Where(rate => rate.Item2 != 50).ShouldBe(
            [(RateGroup.BatchGetSecretValue, 100), (RateGroup.DescribeAndGet, 10_000), (RateGroup.ListSecrets, 100)]);
    }

    private Throttle New(ThrottlingOptions options, int bucketsMax = 1000) => new(options, _clock, bucketsMax);

    private static int Taken(Throttle throttle, int calls) =>
        Enumerable.Range(0, calls).Count(_ => throttle.Ask("a", "r", Get) == ThrottleAnswer.Go);
}
