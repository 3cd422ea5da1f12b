using Rekey.Server.Rotation.Logins;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Logins;

public sealed class LoginBudgetTests
{
    private const int Max = 4;
    private static readonly DateTimeOffset LastAt = new(2026, 3, 1, 16, 0, 0, TimeSpan.Zero);

    // refusals, hours since the last → logins that may be under way; hours after the last refusal at which one may be tried
    [Theory]
    [InlineData(0, 0, 4, null)]
    [InlineData(1, 0, 3, null)]
    [InlineData(3, 0, 1, null)]
    [InlineData(4, 0, 0, 1)]
    [InlineData(4, 0.9, 0, 1)]
    [InlineData(4, 1, 1, null)]
    [InlineData(5, 1, 0, 4)]
    [InlineData(5, 4, 1, null)]
    [InlineData(6, 4, 0, 16)]
    [InlineData(8, 0, 0, 256)]
    [InlineData(9, 0, 0, 384)]
    [InlineData(500, 0, 0, 384)]
    [InlineData(500, 384, 1, null)]
    public void W3_RestsLongerAfterEachRefusal(int count, double hours, int free, int? until)
    {
        var refusal = count == 0 ? null : new LoginRefusal("db:1 app", count, LastAt);
        var allowance = LoginBudget.Of(refusal, default, Max, LastAt.AddHours(hours));
        allowance.Free.ShouldBe(free);
        allowance.Until.ShouldBe(until is null ? null : LastAt.AddHours(until.Value));
    }

    // When a human decided on the account's own secret, and asked with one that uses it, in seconds after the last refusal
    [Theory]
    [InlineData(null, null, 0)]
    [InlineData(-1, null, 0)]
    [InlineData(0, null, Max)]
    [InlineData(1, null, Max)]
    [InlineData(null, 0, 0)]
    [InlineData(null, 59, 0)]
    [InlineData(null, 60, 1)]
    public void Humans_MayDecideAtOnce(int? decided, int? asked, int free)
    {
        var decision = new LoginDecision(
            decided is null ? null : LastAt.AddSeconds(decided.Value), asked is null ? null : LastAt.AddSeconds(asked.Value));
        LoginBudget.Of(new LoginRefusal("db:1 app", 4, LastAt), decision, Max, LastAt.AddMinutes(59)).Free.ShouldBe(free);
    }

    // Refusals, and when a human asked with a secret that uses the account, in minutes after the last one
    [Theory]
    [InlineData(5, 1.9, 0)]
    [InlineData(5, 2, 1)]
    [InlineData(7, 7.9, 0)]
    [InlineData(7, 8, 1)]
    [InlineData(9, 31, 0)]
    [InlineData(9, 32, 1)]
    public void W3_WhoAsksAgainAndAgain_WaitsLongerEachTime(int count, double asked, int free)
    {
        var decision = new LoginDecision(null, LastAt.AddMinutes(asked));
        LoginBudget.Of(new LoginRefusal("db:1 admin", count, LastAt), decision, Max, LastAt.AddMinutes(59)).Free.ShouldBe(free);
    }

    [Fact]
    public void Refused_AddsUp()
    {
        var first = LoginBudget.Refused(null, default, "db:1 app", 1, LastAt);
        first.ShouldBe(new LoginRefusal("db:1 app", 1, LastAt));
        LoginBudget.Refused(first, default, "db:1 app", 2, LastAt.AddHours(1)).ShouldBe(
            new LoginRefusal("db:1 app", 3, LastAt.AddHours(1)));
    }

    [Fact]
    public void RefusedAfterADecision_CountsAnew()
    {
        var before = new LoginRefusal("db:1 app", 4, LastAt);
        var decision = new LoginDecision(LastAt.AddMinutes(1), null);
        LoginBudget.Refused(before, decision, "db:1 app", 1, LastAt.AddMinutes(2)).Count.ShouldBe(1);
    }

    // A step that had read the old value before the human stored the new one: what it is told does not speak of the new one.
    [Fact]
    public void RefusedWithAValueReadBeforeADecision_IsForgottenWithTheOthers()
    {
        var decision = new LoginDecision(LastAt.AddSeconds(1), null);
        var late = LoginBudget.Refused(new LoginRefusal("db:1 app", 4, LastAt), decision, "db:1 app", 1, LastAt);
        LoginBudget.Of(late, decision, Max, LastAt.AddSeconds(2)).Free.ShouldBe(Max);
    }
}
