using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators;

public sealed class SingleUserTests
{
    private static readonly RotatorException Refusal = new(FailureCause.Auth, "access denied", "28000", "1045");

    private static DatabaseCredentials Account(
        string password, string username = "app", string host = "db", int port = 3306, string engine = "mysql") =>
        new()
        {
            Engine = engine,
            Host = host,
            Port = port,
            Username = username,
            Password = Sensitive.FromText(password),
            Tls = TlsMode.Verified,
        };

    private static RotationRequest Request(bool pendingMayBeLive = false, string? previous = null) => new()
    {
        Current = Account("current"),
        Pending = Account("pending"),
        Previous = previous is null ? null : Account(previous),
        PendingMayBeLive = pendingMayBeLive,
    };

    private static Task<SetSecretResult> SetAsync(ScriptedLogin server, RotationRequest request) =>
        new SingleUser(server, administration: null, new ImmediateTime()).SetSecretAsync(request, TestContext.Current.CancellationToken);

    private static async Task<RotatorException> FailureAsync(ScriptedLogin server, RotationRequest request)
    {
        var e = await Should.ThrowAsync<RotatorException>(() => SetAsync(server, request));
        server.OpenSessions.ShouldBe(0);
        return e;
    }

    [Fact]
    public async Task FirstAttempt_LogsInWithCurrentChangesAndVerifies()
    {
        var server = new ScriptedLogin("current");
        await SetAsync(server, Request());
        server.Done.ShouldBe(["login current", "change pending", "login pending", "probe"]);
        server.OpenSessions.ShouldBe(0);
    }

    [Fact]
    public async Task LaterAttempt_PendingLive_IsSetAgainAndVerified()
    {
        var server = new ScriptedLogin("pending");
        await SetAsync(server, Request(pendingMayBeLive: true));
        server.Done.ShouldBe(["login pending", "change pending", "login pending", "probe"]);
    }

    [Fact]
    public async Task LaterAttempt_PendingNotLive_FallsBackToCurrent()
    {
        var server = new ScriptedLogin("current");
        await SetAsync(server, Request(pendingMayBeLive: true));
        server.Done.ShouldBe(["refused pending", "login current", "change pending", "login pending", "probe"]);
    }

    [Fact]
    public async Task ServerThatAcceptsAnything_IsStillChanged()
    {
        var server = new ScriptedLogin("current") { PasswordSeen = _ => null };
        await SetAsync(server, Request(pendingMayBeLive: true));
        server.Password.ShouldBe("pending");
    }

    [Fact]
    public async Task W4_CurrentRefused_PreviousIsTriedOnce()
    {
        var server = new ScriptedLogin("previous");
        await SetAsync(server, Request(previous: "previous"));
        server.Done.ShouldBe(["refused current", "login previous", "change pending", "login pending", "probe"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task W3_NothingLogsIn_StopsAfterTwoRefusals(bool pendingMayBeLive)
    {
        var server = new ScriptedLogin("unknown");
        var e = await FailureAsync(server, Request(pendingMayBeLive, previous: "previous"));
        server.Refused.ShouldBe(2);
        server.Done.ShouldAllBe(done => done.StartsWith("refused"));
        (e.Cause, e.SqlState, e.NativeCode).ShouldBe((FailureCause.Auth, "28000", "1045"));
        e.Message.ShouldBe("Unable to log into database with previous, current, or pending secret: access denied");
    }

    [Fact]
    public async Task PreviousOfAnotherAccount_IsNeverTried()
    {
        foreach (var previous in new[]
        {
            Account("previous", "other"), Account("previous", host: "other"), Account("previous", port: 1), Account("current"),
        })
        {
            var server = new ScriptedLogin("previous");
            await FailureAsync(server, Request() with { Previous = previous });
            server.Done.ShouldBe(["refused current"]);
        }
    }

    [Fact]
    public async Task PendingForAnotherAccount_IsRefusedBeforeAnyLogin()
    {
        foreach (var (pending, text) in new[]
        {
            (Account("p", username: "root"), "Attempting to modify user root other than current user app"),
            (Account("p", username: "APP"), "Attempting to modify user APP other than current user app"),
            (Account("p", host: "evil"), "Attempting to modify user for host evil other than current host db"),
            (Account("p", port: 3307), "Attempting to modify user for port 3307 other than current port 3306"),
            (Account("p", engine: "aurora-mysql"), "Attempting to modify user for engine aurora-mysql other than current engine mysql"),
        })
        {
            var server = new ScriptedLogin("current");
            var e = await FailureAsync(server, Request() with { Pending = pending });
            (e.Cause, e.Message).ShouldBe((FailureCause.Precondition, text));
            server.Done.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task HostInAnotherCase_IsTheSameHost()
    {
        var server = new ScriptedLogin("current");
        await SetAsync(server, Request() with { Pending = Account("pending", host: "DB") });
        server.Password.ShouldBe("pending");
    }

    [Fact]
    public async Task ReplyOfTheChangeLost_IsReportedAsItIs_AndTheNextAttemptConverges()
    {
        var server = new ScriptedLogin("current")
        {
            OnChange = _ => new RotatorException(FailureCause.Network, "connection lost", "08S01", "2013"),
        };
        var e = await FailureAsync(server, Request());
        (e.Cause, e.IsTransient).ShouldBe((FailureCause.Network, true));

        foreach (var live in new[] { "current", "pending" })
        {
            var next = new ScriptedLogin(live);
            await SetAsync(next, Request(pendingMayBeLive: true));
            next.Password.ShouldBe("pending");
        }
    }

    [Fact]
    public async Task W4_NewPasswordRefused_TheOldOneIsPutBack()
    {
        var server = new ScriptedLogin("current") { PasswordSeen = login => login == 1 ? "current" : "not what was set" };
        var e = await FailureAsync(server, Request());
        e.Cause.ShouldBe(FailureCause.Auth);
        e.Message.ShouldStartWith("The new password was set but the server refuses it; the old one was put back: ");
        server.Done.ShouldBe(["login current", "change pending", "refused pending", "refused pending", "change current"]);
        server.Password.ShouldBe("current");
    }

    /// <summary>A directory that knows nothing of the database's passwords turns the user away, without a word of the password.</summary>
    [Theory]
    [InlineData(FailureCause.Precondition)]
    [InlineData(FailureCause.Privilege)]
    [InlineData(FailureCause.Tls)]
    [InlineData(FailureCause.Other)]
    public async Task W4_NewPasswordLeadsNowhere_TheOldOneIsPutBack(FailureCause cause)
    {
        var server = new ScriptedLogin("current") { OnLogin = login => login == 2 ? new RotatorException(cause, "turned away") : null };
        (await FailureAsync(server, Request())).Cause.ShouldBe(cause);
        server.Password.ShouldBe("current");
    }

    [Fact]
    public async Task NewPasswordRefusedAndOldNotPutBack_BothAreReported()
    {
        var server = new ScriptedLogin("current")
        {
            PasswordSeen = login => login == 1 ? "current" : "not what was set",
            OnChange = change => change == 2 ? new RotatorException(FailureCause.Policy, "password was used before") : null,
        };
        var e = await FailureAsync(server, Request());
        e.Message.ShouldContain("putting the old one back failed too (password was used before)");
    }

    [Fact]
    public async Task RefusedWhileVerifyingAfterARefusedLogin_StaysWithinTheBudget()
    {
        var server = new ScriptedLogin("previous") { PasswordSeen = login => login <= 2 ? "previous" : "not what was set" };
        await FailureAsync(server, Request(previous: "previous"));
        server.Refused.ShouldBe(2);
        server.Password.ShouldBe("previous");
    }

    [Fact]
    public async Task W23_ReplicaThatLags_IsAskedAgain()
    {
        var server = new ScriptedLogin("current") { PasswordSeen = login => login <= 2 ? "current" : "pending" };
        await SetAsync(server, Request());
        server.Done.ShouldBe(["login current", "change pending", "refused pending", "login pending", "probe"]);
    }

    [Fact]
    public async Task ClusterBehindOneAddress_IsAskedUntilTheChangedServerAnswers()
    {
        var server = new ScriptedLogin("current") { Server = login => login == 3 ? "one" : login == 1 ? "one" : "two" };
        await SetAsync(server, Request());
        server.Done.Count(done => done == "login pending").ShouldBe(2);

        var never = new ScriptedLogin("current") { Server = login => $"server {login}" };
        await SetAsync(never, Request());
        never.Done.Count(done => done == "login pending").ShouldBe(3);
    }

    [Fact]
    public async Task ClusterWhoseLastServerRefuses_IsNotTakenForDone()
    {
        var server = new ScriptedLogin("current")
        {
            Server = login => $"server {login}",
            PasswordSeen = login => login switch { 1 => "current", 2 or 3 => "pending", _ => "other" },
        };
        (await FailureAsync(server, Request())).Cause.ShouldBe(FailureCause.Auth);
        server.Password.ShouldBe("current");
    }

    [Fact]
    public async Task AccountOfOneConnection_IsVerifiedAfterTheFirstIsClosed()
    {
        var server = new ScriptedLogin("current");
        server.OnLogin = _ => server.OpenSessions > 0 ? new RotatorException(FailureCause.Unavailable, "too many connections") : null;
        await SetAsync(server, Request());
        server.Done.ShouldBe(["login current", "change pending", "login pending", "probe"]);
        server.OpenSessions.ShouldBe(0);
    }

    [Fact]
    public async Task NetworkFailureWhileVerifying_DoesNotPutBack()
    {
        var server = new ScriptedLogin("current")
        {
            OnLogin = login => login == 2 ? new RotatorException(FailureCause.Network, "gone", "08S01", "2013") : null,
        };
        (await FailureAsync(server, Request())).IsTransient.ShouldBeTrue();
        server.Password.ShouldBe("pending");
    }

    [Fact]
    public async Task FailureOtherThanRefusal_IsNotFollowedByAnotherPassword()
    {
        var server = new ScriptedLogin("previous") { OnLogin = _ => new RotatorException(FailureCause.Tls, "certificate") };
        (await FailureAsync(server, Request(pendingMayBeLive: true, previous: "previous"))).Cause.ShouldBe(FailureCause.Tls);
        server.Refused.ShouldBe(0);
    }

    [Fact]
    public async Task Test_LogsInWithPendingOnly()
    {
        var rotator = new SingleUser(new ScriptedLogin("pending"), administration: null, TimeProvider.System);
        await rotator.TestSecretAsync(Request(), TestContext.Current.CancellationToken);

        var other = new ScriptedLogin("current");
        var e = await Should.ThrowAsync<RotatorException>(() =>
            new SingleUser(other, administration: null, TimeProvider.System)
                .TestSecretAsync(Request(), TestContext.Current.CancellationToken));
        e.Message.ShouldBe($"Unable to log into database with pending secret: {Refusal.Message}");
        other.Done.ShouldBe(["refused pending"]);
    }
}
