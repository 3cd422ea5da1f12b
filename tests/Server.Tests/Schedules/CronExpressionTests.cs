using Rekey.Aws;
using Rekey.Server.Schedules;
using Shouldly;
using Xunit;
using QuartzCron = Quartz.CronExpression;

namespace Rekey.Server.Tests.Schedules;

/// <summary>Our parser against Quartz.NET's, which reads nearly the same dialect and shares no code with it.</summary>
public sealed class CronExpressionTests
{
    private const int Seed = 20_251_007;
    private const int AcceptedMin = 3000;

    // 2096 to 2105 holds the leap years 2096 and 2104 and the century year 2100, which is none; the other decade is an ordinary one.
    private static readonly DateTimeOffset[] Decades =
        [new(2027, 12, 31, 23, 59, 59, TimeSpan.Zero), new(2095, 12, 31, 23, 59, 59, TimeSpan.Zero)];

    private static readonly DateTimeOffset FarFuture = new(2290, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void RandomExpressions_AgreeWithQuartzOverTenYears()
    {
        var random = new Random(Seed);
        var (accepted, tooOften, never) = (0, 0, 0);
        while (accepted < AcceptedMin)
        {
            var cron = RandomCron.Next(random);
            var oracle = new QuartzCron(cron.Quartz, TimeZoneInfo.Utc);
            switch (Refusal(cron.Expression))
            {
                case null:
                    CompareOneDecade(cron, oracle, Decades[accepted++ % Decades.Length]);
                    break;
                case var text when text.Contains("hours apart", StringComparison.Ordinal):
                    tooOften++;
                    HasOpeningsTooNear(oracle).ShouldBeTrue(cron.Expression);
                    break;
                case var text when text.Contains("names no day", StringComparison.Ordinal):
                    never++;
                    oracle.GetNextValidTimeAfter(Decades[0]).ShouldBeNull(cron.Expression);
                    break;
                case var text:
                    Assert.Fail($"{cron.Expression} was refused: {text}");
                    break;
            }
        }
        tooOften.ShouldBeGreaterThan(100);
        never.ShouldBeGreaterThan(10);
    }

    private static void CompareOneDecade(RandomCron cron, QuartzCron oracle, DateTimeOffset start)
    {
        var rules = RotationScheduleRules.Parse(null, cron.Expression, null)!;
        var end = start.AddYears(10);
        for (var moment = start; moment < end;)
        {
            var expected = oracle.GetNextValidTimeAfter(moment) ?? FarFuture;
            var window = rules.NextWindow(moment, null).ShouldNotBeNull(cron.Expression);
            if (window.Opens != expected) Assert.Fail($"{cron.Expression} after {moment:O}: {window.Opens:O}, Quartz says {expected:O}");
            var isTooSoon = moment != start && expected - moment < TimeSpan.FromHours(4);
            if (isTooSoon) Assert.Fail($"{cron.Expression} opens too soon after {moment:O}");
            moment = expected;
        }
    }

    private static bool HasOpeningsTooNear(QuartzCron oracle)
    {
        var previous = Decades[1].AddYears(-8);
        while (oracle.GetNextValidTimeAfter(previous) is { } next && next < Decades[1].AddYears(10))
        {
            if (next - previous < TimeSpan.FromHours(4)) return true;
            previous = next;
        }
        return false;
    }

    private static string? Refusal(string expression)
    {
        try
        {
            RotationScheduleRules.Parse(null, expression, null);
            return null;
        }
        catch (ServiceException refused)
        {
            return refused.Message;
        }
    }
}
