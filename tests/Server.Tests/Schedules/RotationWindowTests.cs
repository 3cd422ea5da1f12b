using System.Globalization;
using Rekey.Server.Schedules;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Schedules;

/// <summary>What holds for every schedule: checked over five years of a clock that only the test moves.</summary>
public sealed class RotationWindowTests
{
    private const int Schedules = 400;
    private const int Years = 5;

    private static readonly DateTimeOffset Start = new(2027, 6, 15, 13, 27, 5, TimeSpan.Zero);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Windows_AreOrderedApartAndWithinOneDay()
    {
        var random = new Random(11);
        for (var sample = 0; sample < Schedules; sample++)
        {
            var (rules, text) = RandomRules(random);
            RotationWindow? previous = null;
            for (var moment = Start; moment < Start.AddYears(Years);)
            {
                var window = rules.NextWindow(moment, moment)!;
                if (Fault(window, previous, moment) is { } fault) Assert.Fail($"{text}: {fault} ({window}, after {moment:O})");
                // The rotation happens somewhere inside the window, and the next one counts from it.
                var rotated = window.Opens + (window.Closes - window.Opens) * (random.NextDouble() * 0.999);
                if (rules.WindowAt(rotated, moment) != window) Assert.Fail($"{text}: {rotated:O} is not found inside {window}");
                (previous, moment) = (window, rotated);
            }
        }
    }

    // ... Opens-1ms | Opens ............. Closes-1ms | Closes ...
    //     outside   | inside, next is later          | outside
    [Fact]
    public void Edges_AreExactToTheMillisecond()
    {
        var random = new Random(12);
        for (var sample = 0; sample < Schedules; sample++)
        {
            var (rules, text) = RandomRules(random);
            var counted = Start.AddHours(random.Next(100_000));
            var window = rules.NextWindow(counted, counted).ShouldNotBeNull(text);
            rules.NextWindow(window.Opens - Millisecond, counted).ShouldBe(window, text);
            rules.NextWindow(window.Opens, counted)!.Opens.ShouldBeGreaterThanOrEqualTo(window.Closes, text);
            rules.WindowAt(window.Opens, counted).ShouldBe(window, text);
            rules.WindowAt(window.Closes - Millisecond, counted).ShouldBe(window, text);
            rules.WindowAt(window.NextRotationDate, counted).ShouldBe(window, text);
            rules.WindowAt(window.Opens - Millisecond, counted).ShouldNotBe(window, text);
            rules.WindowAt(window.Closes, counted).ShouldNotBe(window, text);
        }
    }

    [Fact]
    public void AskingAgainAtAnyTimeBefore_ChangesNothing()
    {
        var random = new Random(13);
        for (var sample = 0; sample < Schedules; sample++)
        {
            var (rules, text) = RandomRules(random);
            var rotated = Start.AddHours(random.Next(100_000));
            var window = rules.NextWindow(rotated, rotated).ShouldNotBeNull(text);
            for (var restart = 0; restart < 20; restart++)
            {
                var moment = rotated + (window.Opens - Millisecond - rotated) * random.NextDouble();
                rules.NextWindow(moment, rotated).ShouldBe(window, text);
                var elsewhere = moment.ToOffset(TimeSpan.FromHours(random.Next(-12, 14)));
                rules.NextWindow(elsewhere, rotated.ToOffset(TimeSpan.FromHours(5.5))).ShouldBe(window, text);
            }
            // A clock that was set back does not bring the used window again.
            rules.NextWindow(rotated.AddDays(-400), rotated).ShouldBe(window, text);
        }
    }

    // Due the 10th, missed (the server was down until the 11th): every day from then on has a window.
    //   rotated 1st ... 10th due, missed, 11th down, 12th
    [Fact]
    public void MissedDay_IsFollowedByTheNextDay()
    {
        var rotated = new DateTimeOffset(2025, 1, 1, 8, 0, 0, TimeSpan.Zero);
        var rules = RotationScheduleRules.Parse(9, null, null)!;
        rules.NextWindow(rotated, rotated)!.Opens.ShouldBe(new DateTimeOffset(2025, 1, 10, 0, 0, 0, TimeSpan.Zero));
        rules.NextWindow(rotated.AddDays(10), rotated)!.Opens.ShouldBe(new DateTimeOffset(2025, 1, 12, 0, 0, 0, TimeSpan.Zero));
        rules.WindowAt(rotated.AddDays(10), rotated)!.Opens.ShouldBe(new DateTimeOffset(2025, 1, 11, 0, 0, 0, TimeSpan.Zero));
        rules.WindowAt(rotated, rotated).ShouldBeNull();
        rules.WindowAt(rotated.AddDays(9), rotated)!.NextRotationDate.ShouldBe(new DateTimeOffset(2025, 1, 10, 23, 59, 59, TimeSpan.Zero));
    }

    [Fact]
    public void EndOfTime_HasNoWindow()
    {
        var random = new Random(14);
        for (var sample = 0; sample < Schedules; sample++)
        {
            var (rules, text) = RandomRules(random);
            rules.NextWindow(DateTimeOffset.MaxValue, null).ShouldBeNull(text);
            rules.WindowAt(DateTimeOffset.MaxValue, DateTimeOffset.MinValue).ShouldBeNull(text);
            rules.NextWindow(DateTimeOffset.MinValue, null).ShouldNotBeNull(text);
            var moment = DateTimeOffset.MaxValue.AddDays(-50);
            while (rules.NextWindow(moment, DateTimeOffset.MinValue) is { } window)
            {
                window.NextRotationDate.Date.ShouldBe(window.Opens.Date, text);
                moment = window.Opens;
            }
        }
    }

    [Theory]
    [InlineData(null, "rate(4 hours)", 1)]
    [InlineData(null, "rate(10 hours)", 1)]
    [InlineData(null, "rate(24 hours)", 1)]
    [InlineData(null, "rate(25 hours)", 2)]
    [InlineData(null, "rate(10 days)", 10)]
    [InlineData(null, "cron(0 */4 * * ? *)", 1)]
    [InlineData(null, "cron(0 12 ? * SUN *)", 7)]
    [InlineData(null, "cron(0 8 ? * MON-FRI *)", 3)]
    [InlineData(null, "cron(0 16 1,15 * ? *)", 17)]
    [InlineData(null, "cron(0 17 L * ? *)", 31)]
    [InlineData(null, "cron(0 0 1 1 ? *)", 366)]
    [InlineData(null, "cron(0 0 31 12 ? *)", 366)]
    [InlineData(null, "cron(0 0 29 2 ? *)", 2921)]
    [InlineData(1L, null, 1)]
    [InlineData(1000L, null, 1000)]
    public void AutomaticallyAfterDaysShown_IsTheLongestGapInDays(long? days, string? expression, long shown) =>
        RotationScheduleRules.Parse(days, expression, null)!.AutomaticallyAfterDaysShown.ShouldBe(shown);

    private static string? Fault(RotationWindow window, RotationWindow? previous, DateTimeOffset moment)
    {
        if (window.Opens <= moment) return "opens too early";
        if (window.Opens.Offset != TimeSpan.Zero || window.Opens.Ticks % TimeSpan.TicksPerHour != 0) return "does not open on the hour";
        if (window.NextRotationDate != window.Closes.AddSeconds(-1)) return "NextRotationDate is not its last second";
        if (window.NextRotationDate.UtcDateTime.Date != window.Opens.UtcDateTime.Date) return "leaves its day";
        if (window.Closes <= window.Opens) return "is empty";
        if (previous is null) return null;
        if (window.Opens < previous.Closes) return "overlaps the previous window";
        return window.Opens - previous.Opens < TimeSpan.FromHours(4) ? "opens too soon" : null;
    }

    private static (RotationScheduleRules Rules, string Text) RandomRules(Random random)
    {
        while (true)
        {
            long? days = random.Next(4) == 0 ? random.Next(1, 1001) : null;
            var expression = days is not null ? null : random.Next(4) switch
            {
                0 => $"rate({random.Next(4, random.Next(2) == 0 ? 25 : 200)} hours)",
                1 => $"rate({random.Next(1, 1000)} days)",
                _ => RandomCron.Next(random).Expression,
            };
            var duration = random.Next(2) == 0 ? null : random.Next(1, 13).ToString(CultureInfo.InvariantCulture) + "h";
            try
            {
                return (RotationScheduleRules.Parse(days, expression, duration)!, $"{days}{expression} {duration}");
            }
            catch (Aws.ServiceException)
            {
                // A schedule more often than every four hours, or a duration that does not fit: draw again.
            }
        }
    }
}
