using System.Globalization;
using Rekey.Aws;
using Rekey.Server.Schedules;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Schedules;

public sealed class RotationScheduleRulesTests
{
    private static DateTimeOffset At(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static RotationScheduleRules Rules(string expression, string? duration = null) =>
        RotationScheduleRules.Parse(null, expression, duration).ShouldNotBeNull();

    // Four hours, windows of one hour:   00===01 ... 04=*=05 ... 08===09
    //                                         rotated ^ 04:04:59      ^ NextRotationDate 08:59:59
    [Fact]
    public void RateOfFourHours_RotatedInsideAWindow_NextIsTheFollowingWindow()
    {
        var rotated = At("2025-09-27T04:04:59Z");
        var next = Rules("rate(4 hours)").NextWindow(rotated, rotated).ShouldNotBeNull();
        next.Opens.ShouldBe(At("2025-09-27T08:00Z"));
        next.Closes.ShouldBe(At("2025-09-27T09:00Z"));
        next.NextRotationDate.ShouldBe(At("2025-09-27T08:59:59Z"));
    }

    // rule, duration, rotated or asked at, opens, closes
    [Theory]
    [InlineData("rate(4 hours)", null, "2025-01-31T23:30", "2025-02-01T00:00", "2025-02-01T01:00")]
    [InlineData("rate(4 hours)", "4h", "2025-01-31T19:59:59", "2025-01-31T20:00", "2025-02-01T00:00")]
    [InlineData("rate(4 hours)", null, "2025-01-31T04:00", "2025-01-31T08:00", "2025-01-31T09:00")]
    [InlineData("rate(8 hours)", "8h", "2025-06-01T07:59", "2025-06-01T08:00", "2025-06-01T16:00")]
    [InlineData("rate(12 hours)", "2h", "2024-02-29T12:30", "2024-03-01T00:00", "2024-03-01T02:00")]
    [InlineData("rate(1 day)", null, "2025-03-30T13:00", "2025-03-31T00:00", "2025-04-01T00:00")]
    [InlineData("rate(10 days)", null, "2025-12-25T23:59:59", "2026-01-04T00:00", "2026-01-05T00:00")]
    [InlineData("rate(10 days)", "3h", "2025-12-25T00:00", "2026-01-04T00:00", "2026-01-04T03:00")]
    [InlineData("rate(30 days)", null, "2028-02-01T08:00", "2028-03-02T00:00", "2028-03-03T00:00")]
    [InlineData("rate(30 days)", null, "2100-02-01T08:00", "2100-03-03T00:00", "2100-03-04T00:00")]
    [InlineData("rate(999 days)", null, "2025-01-01T08:00", "2027-09-27T00:00", "2027-09-28T00:00")]
    [InlineData("cron(0 16 1,15 * ? *)", "2h", "2025-01-15T16:30", "2025-02-01T16:00", "2025-02-01T18:00")]
    [InlineData("cron(0 16 1,15 * ? *)", null, "2025-01-01T15:59:59", "2025-01-01T16:00", "2025-01-02T00:00")]
    [InlineData("cron(0 /8 * * ? *)", null, "2025-01-01T08:00", "2025-01-01T16:00", "2025-01-01T17:00")]
    [InlineData("cron(0 8/8 * * ? *)", null, "2025-01-01T16:20", "2025-01-02T08:00", "2025-01-02T09:00")]
    [InlineData("cron(0 4/12 * * ? *)", "3h", "2025-01-01T16:20", "2025-01-02T04:00", "2025-01-02T07:00")]
    [InlineData("cron(0 2/10 * * ? *)", null, "2025-01-01T12:00", "2025-01-01T22:00", "2025-01-01T23:00")]
    [InlineData("cron(0 */4 * * ? *)", null, "2025-12-31T20:00", "2026-01-01T00:00", "2026-01-01T01:00")]
    [InlineData("cron(0 12 ? * SUN *)", null, "2025-09-21T12:00", "2025-09-28T12:00", "2025-09-29T00:00")]
    [InlineData("cron(0 10 ? FEB,MAY,AUG,NOV TUE#2 *)", null, "2025-05-14T00:00", "2025-08-12T10:00", "2025-08-13T00:00")]
    [InlineData("cron(0 1 ? 1/3 SUN#1 *)", "1h", "2025-01-05T01:00", "2025-04-06T01:00", "2025-04-06T02:00")]
    [InlineData("cron(0 17 L * ? *)", null, "2028-02-01T00:00", "2028-02-29T17:00", "2028-03-01T00:00")]
    [InlineData("cron(0 17 L * ? *)", null, "2100-02-01T00:00", "2100-02-28T17:00", "2100-03-01T00:00")]
    [InlineData("cron(0 17 L * ? *)", null, "2025-04-30T17:00", "2025-05-31T17:00", "2025-06-01T00:00")]
    [InlineData("cron(0 17 1,L * ? *)", null, "2025-04-02T00:00", "2025-04-30T17:00", "2025-05-01T00:00")]
    [InlineData("cron(0 0 29 2 ? *)", null, "2025-01-01T00:00", "2028-02-29T00:00", "2028-03-01T00:00")]
    [InlineData("cron(0 0 29 2 ? *)", null, "2096-02-29T00:00", "2104-02-29T00:00", "2104-03-01T00:00")]
    [InlineData("cron(0 0 31 * ? *)", null, "2025-03-31T00:00", "2025-05-31T00:00", "2025-06-01T00:00")]
    [InlineData("cron(0 16 ? * SUNL *)", null, "2025-08-01T00:00", "2025-08-31T16:00", "2025-09-01T00:00")]
    [InlineData("cron(0 16 ? * 6L *)", "8h", "2025-08-29T16:00", "2025-09-26T16:00", "2025-09-27T00:00")]
    [InlineData("cron(0 16 ? * L *)", null, "2025-08-29T16:00", "2025-08-30T16:00", "2025-08-31T00:00")]
    [InlineData("cron(0 16 ? 2 2#5 *)", null, "2025-01-01T00:00", "2044-02-29T16:00", "2044-03-01T00:00")]
    [InlineData("cron(0 8 ? * MON-FRI *)", null, "2025-08-29T08:00", "2025-09-01T08:00", "2025-09-02T00:00")]
    [InlineData("cron(0 8 ? * fri-mon *)", null, "2025-09-01T08:00", "2025-09-05T08:00", "2025-09-06T00:00")]
    [InlineData("cron(0 8 1/7 * ? *)", null, "2025-02-22T08:00", "2025-03-01T08:00", "2025-03-02T00:00")]
    [InlineData("cron(0 17 L * ? *)", "1h", "9999-11-30T17:00", "9999-12-31T17:00", "9999-12-31T18:00")]
    [InlineData("cron(0 23 * * ? *)", null, "2025-12-31T23:00", "2026-01-01T23:00", "2026-01-02T00:00")]
    public void NextWindow_IsTheFirstThatOpensLater(string expression, string? duration, string after, string opens, string closes)
    {
        var window = Rules(expression, duration).NextWindow(At(after), At(after)).ShouldNotBeNull();
        window.ShouldBe(new RotationWindow(At(opens), At(closes)));
    }

    // Hours that do not divide a day keep their distance over midnight, counted from 1970-01-01T00:00Z.
    [Theory]
    [InlineData("rate(5 hours)", "1970-01-01T20:00", "1970-01-02T01:00")]
    [InlineData("rate(7 hours)", "1970-01-01T21:00", "1970-01-02T04:00")]
    [InlineData("rate(10 hours)", "1970-01-01T20:30", "1970-01-02T06:00")]
    [InlineData("rate(36 hours)", "1970-01-01T00:00", "1970-01-02T12:00")]
    [InlineData("rate(48 hours)", "1970-01-01T00:00", "1970-01-03T00:00")]
    [InlineData("rate(10 hours)", "1969-12-31T10:00", "1969-12-31T14:00")]
    public void RateInHours_CountsFromTheEpoch(string expression, string after, string opens) =>
        Rules(expression).NextWindow(At(after), null).ShouldNotBeNull().Opens.ShouldBe(At(opens));
}
