using System.Diagnostics;
using System.Text;
using Rekey.Aws;
using Rekey.Server.Schedules;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Schedules;

public sealed class ScheduleRefusalTests
{
    private const string Alphabet = "0123456789 ()*/,-#?LWratecronhoursdayJANFEBMONSUN\t\0é٤";

    [Fact]
    public void BadExpressions_AreInvalidParameters()
    {
        var all = BadExpressions.All.ToList();
        all.Count.ShouldBeGreaterThanOrEqualTo(300);
        var accepted = all.Where(expression => Outcome(expression) is null).ToList();
        accepted.ShouldBeEmpty();
        foreach (var expression in all) Outcome(expression)!.Message.ShouldStartWith("Invalid rotation schedule expression: ");
    }

    // The neighbour of each limit is accepted.
    [Theory]
    [InlineData("rate(4 hours)")]
    [InlineData("rate(4 hour)")]
    [InlineData("rate(23976 hours)")]
    [InlineData("rate(1 day)")]
    [InlineData("rate(1 days)")]
    [InlineData("rate(999 days)")]
    [InlineData("rate( 4  hours )")]
    [InlineData("cron(0 0,20 * * ? *)")]
    [InlineData("cron(0 0,23 1,15 * ? *)")]
    [InlineData("cron(0 0,23 1,31 4 ? *)")]
    [InlineData("cron(0 0,23 29,2 2,3 ? *)")]
    [InlineData("cron(0 2,23 ? * SAT,MON *)")]
    [InlineData("cron(0 2/10 * * ? *)")]
    [InlineData("cron(0 22-2/8 * * ? *)")]
    [InlineData("cron(0 0 29 2 ? *)")]
    [InlineData("cron(0 0 ? 2 MON#5 *)")]
    [InlineData("cron(0 0 ? * mon#5 *)")]
    [InlineData("cron(0 0 l * ? *)")]
    [InlineData("cron(0 0 1/31 1/12 ? *)")]
    public void Neighbours_AreAccepted(string expression) => Outcome(expression).ShouldBeNull();

    [Theory]
    [InlineData("rate(4 hours)", 4)]
    [InlineData("rate(8 hours)", 8)]
    [InlineData("rate(10 hours)", 2)] // opens at 22:00 every fifth day
    [InlineData("rate(7 hours)", 1)]
    [InlineData("rate(24 hours)", 24)]
    [InlineData("rate(36 hours)", 12)]
    [InlineData("rate(1 day)", 24)]
    [InlineData("rate(999 days)", 24)]
    [InlineData("cron(0 10 * * ? *)", 14)]
    [InlineData("cron(0 16 1,15 * ? *)", 8)]
    [InlineData("cron(0 23 L * ? *)", 1)]
    [InlineData("cron(0 0 ? * SUN *)", 24)]
    [InlineData("cron(0 8/8 * * ? *)", 8)]
    [InlineData("cron(0 2/10 * * ? *)", 2)]
    [InlineData("cron(0 0,5,14 * * ? *)", 5)]
    public void Duration_EndsBeforeTheNextWindowAndTheNextDay(string expression, int hoursMax)
    {
        for (var hours = 1; hours <= 99; hours++)
        {
            var refused = Outcome(expression, $"{hours}h");
            (refused is null).ShouldBe(hours <= hoursMax, $"{expression} {hours}h");
            if (refused is not null) refused.Message.ShouldContain($"the longest this schedule allows is {hoursMax}h.");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("1")]
    [InlineData("0h")]
    [InlineData("00h")]
    [InlineData("25h")]
    [InlineData("99h")]
    [InlineData("001h")]
    [InlineData("1H")]
    [InlineData("1m")]
    [InlineData("1d")]
    [InlineData("-1h")]
    [InlineData("+1h")]
    [InlineData(" 1h")]
    [InlineData("1 h")]
    [InlineData("1hh")]
    [InlineData("1.h")]
    [InlineData("٤h")]
    [InlineData("PT1H")]
    [InlineData("9999999999h")]
    public void BadDuration_IsAnInvalidParameter(string duration)
    {
        Outcome("rate(1 day)", duration)!.Message.ShouldStartWith("Invalid rotation window duration: ");
        Outcome(null, duration, days: 30)!.Message.ShouldStartWith("Invalid rotation window duration: ");
    }

    [Fact]
    public void DaysAndExpression_ExcludeEachOther() =>
        Outcome("rate(4 hours)", days: 1)!.Message
            .ShouldBe("You cannot specify both rotation frequency and schedule expression together.");

    [Theory]
    [InlineData(long.MinValue, false)]
    [InlineData(-1L, false)]
    [InlineData(0L, false)]
    [InlineData(1L, true)]
    [InlineData(1000L, true)]
    [InlineData(1001L, false)]
    [InlineData(4294967297L, false)]
    [InlineData(long.MaxValue, false)]
    public void AutomaticallyAfterDays_IsOneToAThousand(long days, bool accepted)
    {
        var refused = Outcome(null, days: days);
        (refused is null).ShouldBe(accepted);
        if (!accepted) refused!.Message.ShouldBe("RotationRules.AutomaticallyAfterDays must be within 1-1000.");
    }

    [Fact]
    public void NothingGiven_IsNoSchedule()
    {
        RotationScheduleRules.Parse(null, null, null).ShouldBeNull();
        Outcome(null, "2h").ShouldNotBeNull();
    }

    [Fact]
    public void RandomText_IsRefusedOrUnderstood_InBoundedTime()
    {
        const int Samples = 40_000;
        var random = new Random(7);
        var slowest = TimeSpan.Zero;
        var understood = 0;
        for (var sample = 0; sample < Samples; sample++)
        {
            var expression = Mutated(random, RandomCron.Next(random).Expression);
            var started = Stopwatch.GetTimestamp();
            if (Outcome(expression, random.Next(2) == 0 ? null : $"{random.Next(30)}h") is null) understood++;
            var took = Stopwatch.GetElapsedTime(started);
            if (took > slowest) slowest = took;
        }
        understood.ShouldBeInRange(Samples / 100, Samples * 9 / 10);
        slowest.ShouldBeLessThan(TimeSpan.FromSeconds(2)); // typically well under 1 ms; the bound allows for a loaded machine
    }

    private static string Mutated(Random random, string expression)
    {
        if (random.Next(4) == 0) return RandomText(random);
        var text = new StringBuilder(expression);
        for (var edits = random.Next(4); edits > 0; edits--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(3))
            {
                case 0: text[at] = Alphabet[random.Next(Alphabet.Length)]; break;
                case 1: text.Insert(at, Alphabet[random.Next(Alphabet.Length)]); break;
                default: text.Remove(at, 1); break;
            }
        }
        return text.ToString();
    }

    private static string RandomText(Random random)
    {
        var body = new string([.. Enumerable.Range(0, random.Next(300)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
        return random.Next(3) switch { 0 => body, 1 => $"rate({body})", _ => $"cron({body})" };
    }

    /// <summary>The refusal, or null when the rules were understood. Anything but an InvalidParameterException fails the test.</summary>
    private static ServiceException? Outcome(string? expression, string? duration = null, long? days = null)
    {
        try
        {
            RotationScheduleRules.Parse(days, expression, duration).ShouldNotBeNull();
            return null;
        }
        catch (ServiceException refused)
        {
            refused.Shape.ShouldBe(ErrorShape.Client("InvalidParameterException"));
            return refused;
        }
    }
}
