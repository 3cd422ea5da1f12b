using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Strategies;

/// <summary>What holds for both strategies, whatever the engine.</summary>
public sealed class StrategyInvariantTests
{
    public enum Strategy
    {
        SingleUser,
        SingleUserWithOverlap,
        SingleUserBySuperuser,
        AlternatingUsers,
    }

    private readonly ScriptedServer _server = new()
    {
        Accounts = { ["app"] = new ScriptedAccount("current") { Rights = { "read", "write" } } },
    };

    public static TheoryData<Strategy> Strategies => [.. Enum.GetValues<Strategy>()];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Any step may run again, because it is not known whether it ran: the state it leaves is the same.</summary>
    [Theory]
    [MemberData(nameof(Strategies))]
    public async Task V6_EveryStepRepeated_LeavesTheSameState(Strategy strategy)
    {
        var rotator = Rotator(strategy);
        var request = Request(strategy, "current", "pending");
        var result = await rotator.SetSecretAsync(request, Cancel);
        var set = State();
        var again = request with { PendingMayBeLive = true, Pin = result.Pin };
        for (var repeat = 0; repeat < 3; repeat++)
        {
            (await rotator.SetSecretAsync(again, Cancel)).Pin.ShouldBe(result.Pin);
            State().ShouldBe(set);
            await rotator.TestSecretAsync(again, Cancel);
            State().ShouldBe(set);
        }

        var subject = new RotationSubject { Current = again.Pending, Superuser = again.Superuser, Pin = result.Pin };
        await rotator.RetireAsync(subject, Cancel);
        var retired = State();
        await rotator.RetireAsync(subject, Cancel);
        State().ShouldBe(retired);
        (await rotator.HealAsync(subject, [], Cancel)).ShouldBeFalse();
        State().ShouldBe(retired);
        _server.OpenSessions.ShouldBe(0);
    }

    /// <summary>Of a pair one rotation changes one user, and never the one that applications are on.</summary>
    [Fact]
    public async Task V10_OneRotation_ChangesTheOneUserThatApplicationsAreNotOn()
    {
        var (current, pending, password) = ("app", "app_clone", "current");
        PinnedTarget? pin = null;
        for (var turn = 0; turn < 4; turn++)
        {
            var before = _server.Accounts.ToDictionary(account => account.Key, account => string.Join('+', account.Value.Passwords));
            var next = $"password {turn}";
            var request = Request(Strategy.AlternatingUsers, password, next, current, pending) with { Pin = pin };
            pin = (await Rotator(Strategy.AlternatingUsers).SetSecretAsync(request, Cancel)).Pin;
            foreach (var (user, passwords) in before.Where(account => account.Key != pending))
                string.Join('+', _server[user].Passwords).ShouldBe(passwords, user);
            _server[pending].Passwords.ShouldBe([next]);
            (current, pending, password) = (pending, current, next);
        }
    }

    private string State() => string.Join('\n', _server.Accounts.OrderBy(account => account.Key, StringComparer.Ordinal).Select(account =>
        $"{account.Key}: {string.Join('+', account.Value.Passwords.Order())}, {string.Join('+', account.Value.Rights.Order())}, "
        + $"locked: {account.Value.IsLocked}"));

    private IDatabaseRotator Rotator(Strategy strategy)
    {
        _server.Overlaps = strategy == Strategy.SingleUserWithOverlap;
        return strategy switch
        {
            Strategy.AlternatingUsers => new AlternatingUsers(DatabaseEngine.MySql, _server, _server, new ImmediateTime()),
            Strategy.SingleUserBySuperuser => new SingleUser(_server, _server, new ImmediateTime()),
            _ => new SingleUser(_server, administration: null, new ImmediateTime()),
        };
    }

    private static RotationRequest Request(
        Strategy strategy, string current, string pending, string username = "app", string? pendingUsername = null) => new()
        {
            Current = Account(username, current),
            Pending = Account(pendingUsername ?? (strategy == Strategy.AlternatingUsers ? "app_clone" : "app"), pending),
            Superuser = strategy is Strategy.AlternatingUsers or Strategy.SingleUserBySuperuser
                ? Account(ScriptedServer.SuperuserName, "master-password")
                : null,
        };

    private static DatabaseCredentials Account(string username, string password) => new()
    {
        Engine = "mysql",
        Host = "db",
        Port = 3306,
        Username = username,
        Password = Sensitive.FromText(password),
        Tls = TlsMode.Verified,
    };
}
