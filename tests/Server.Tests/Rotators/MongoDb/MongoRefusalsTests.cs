using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MongoDb;

/// <summary>What a member of a replica set refuses, and whether it is believed.</summary>
public sealed class MongoRefusalsTests : IAsyncDisposable
{
    private const string Password = "Right-password-0";
    private const string DeadPrimary = "127.0.0.1:1";

    private static readonly TimeSpan Impatient = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patient = TimeSpan.FromMinutes(1);

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly ScriptedMongo _server = new();
    private readonly ScriptedMongo _primary = new();

    public MongoRefusalsTests()
    {
        _server.Users["app"] = ScriptedMongoUser.Of("app", "another-password");
        _primary.Member = () => new ScriptedMember(PrimaryName, PrimaryName, Term: 2, Time: 9, IsWritable: true, IsSecondary: false);
    }

    private string Name => $"127.0.0.1:{_server.Port}";

    private string PrimaryName => $"127.0.0.1:{_primary.Port}";

    private ScriptedMember CaughtUp => new(Name, PrimaryName, Term: 2, Time: 9);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _primary.DisposeAsync();
    }

    [Theory]
    [InlineData("knows no primary")]
    [InlineData("names a primary that is dead")]
    [InlineData("lags behind")]
    [InlineData("has later changes of an earlier primary")]
    [InlineData("is no secondary yet")]
    [InlineData("does not know its set yet")]
    [InlineData("is the former primary")]
    public async Task MemberInTransition_IsAskedAgainWhenItHasCaughtUp(string state)
    {
        var before = InState(state);
        var greetings = 0;
        _server.Member = () =>
        {
            // Who took writes when it refused does no more.
            if (++greetings < 4) return greetings == 1 ? before : before with { IsWritable = false };
            _server.Users["app"] = ScriptedMongoUser.Of("app", Password);
            return CaughtUp;
        };
        await LogInAsync(Patient);
        (_server.Logins, _primary.Logins).ShouldBe((2, 0));
    }

    [Theory]
    [InlineData("knows no primary")]
    [InlineData("lags behind")]
    [InlineData("is no secondary yet")]
    [InlineData("does not know its set yet")]
    public async Task MemberThatStaysInTransition_IsUnavailable(string state)
    {
        var before = InState(state);
        _server.Member = () => before;
        (await FailureAsync(Impatient)).Cause.ShouldBe(FailureCause.Unavailable);
        (_server.Logins, _primary.Logins).ShouldBe((1, 0));
    }

    [Fact]
    public async Task PrimaryThatTakesNoWrites_OrIsOfAnotherSet_ProvesNothing()
    {
        _server.Member = () => CaughtUp;
        _primary.Member = () => new ScriptedMember(PrimaryName, PrimaryName, Term: 2, Time: 9);
        (await FailureAsync(Impatient)).Cause.ShouldBe(FailureCause.Unavailable);
        _primary.Member = () => new ScriptedMember(PrimaryName, PrimaryName, SetName: "other", IsWritable: true, IsSecondary: false);
        (await FailureAsync(Impatient)).Cause.ShouldBe(FailureCause.Unavailable);
        _primary.Logins.ShouldBe(0);
    }

    [Fact]
    public async Task SecondaryWithAllChanges_IsBelievedAtOnce()
    {
        _server.Member = () => CaughtUp;
        (await FailureAsync(Patient)).Cause.ShouldBe(FailureCause.Auth);
        (_server.Logins, _primary.Logins).ShouldBe((1, 0));
    }

    /// <summary>In a set that takes writes all the time a secondary never has all of them.</summary>
    [Fact]
    public async Task SecondaryOfABusySet_IsBelievedTheSecondTime()
    {
        var time = 9UL;
        _server.Member = () => CaughtUp with { Time = time++ };
        _primary.Member = () => new ScriptedMember(
            PrimaryName, PrimaryName, Term: 2, Time: time + 2, IsWritable: true, IsSecondary: false);
        (await FailureAsync(Patient)).Cause.ShouldBe(FailureCause.Auth);
        (_server.Logins, _primary.Logins).ShouldBe((2, 0));
    }

    /// <summary>A wrong password must not look like an outage for ever where only the secondary can be reached.</summary>
    [Fact]
    public async Task SecondaryWhosePrimaryIsOutOfReach_IsBelievedInTheEnd()
    {
        _server.Member = () => CaughtUp with { Primary = DeadPrimary };
        (await FailureAsync(Impatient)).Cause.ShouldBe(FailureCause.Auth);
        _server.Logins.ShouldBe(1);
    }

    [Fact]
    public async Task Primary_IsBelievedAtOnce()
    {
        _server.Member = () => new ScriptedMember(Name, Name, IsWritable: true, IsSecondary: false);
        (await FailureAsync(Patient)).Cause.ShouldBe(FailureCause.Auth);
        _server.Logins.ShouldBe(1);
    }

    [Fact]
    public async Task MemberThatGoesAway_IsNotTakenForOneThatRefuses()
    {
        _server.Member = () => _server.Logins == 0 ? CaughtUp : throw new IOException("gone");
        (await FailureAsync(Patient)).Cause.ShouldBe(FailureCause.Network);
        _server.Logins.ShouldBe(1);
    }

    private ScriptedMember InState(string state) => state switch
    {
        "knows no primary" => CaughtUp with { Primary = null },
        "names a primary that is dead" => CaughtUp with { Primary = DeadPrimary },
        "lags behind" => CaughtUp with { Time = 8 },
        "has later changes of an earlier primary" => CaughtUp with { Term = 1, Time = 99 },
        "is no secondary yet" => CaughtUp with { Primary = null, IsSecondary = false },
        "does not know its set yet" => CaughtUp with { SetName = null, IsSecondary = false },
        "is the former primary" => CaughtUp with { Primary = Name, IsWritable = true, IsSecondary = false },
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, message: null),
    };

    private async Task<RotatorException> FailureAsync(TimeSpan commandTimeout) =>
        await Should.ThrowAsync<RotatorException>(() => LogInAsync(commandTimeout));

    private async Task LogInAsync(TimeSpan commandTimeout)
    {
        var login = new MongoLogin(new RotatorOptions { CommandTimeout = commandTimeout }, TimeProvider.System, changesItself: true);
        await using var session = await login.LogInAsync(
            new DatabaseCredentials
            {
                Engine = "mongo",
                Host = "127.0.0.1",
                Port = _server.Port,
                Username = "app",
                Password = Sensitive.FromText(Password),
                Tls = TlsMode.Plaintext,
            },
            _stop);
    }
}
