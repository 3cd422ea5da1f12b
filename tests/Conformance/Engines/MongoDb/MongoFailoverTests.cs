using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>A primary that dies during a rotation. The secret's host is a member that stays.</summary>
public sealed class MongoFailoverTests(MongoBreakableSet breakable) : IClassFixture<MongoBreakableSet>
{
    private const int AttemptsMax = 3;

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task PrimaryKilledAtAnyTime_RotationsConvergeWithinThreeAttempts()
    {
        var server = await breakable.GetAsync(_stop);
        var single = await MongoAccount.CreateAsync(server, _stop);
        var pair = await MongoPair.CreateAsync(server, _stop);
        var password = single.Password;
        // Before it is looked for, while it is talked to, and when the change may just have been made.
        foreach (var delay in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(150)])
        {
            var primary = await server.FindPrimaryAsync(_stop);
            var stays = server.Members.First(member => member.Port != primary.Port).Port;
            var pending = MongoAccount.NewPassword();
            var next = (Name: pair.Other, Password: MongoAccount.NewPassword());
            var request = pair.RequestFor(next.Password);
            request = request with
            {
                Current = Via(request.Current, stays),
                Pending = Via(request.Pending, stays),
                Superuser = Via(request.Superuser!, stays),
            };

            var killing = KillAsync(primary, delay);
            await ConvergeAsync(server, attempt => MongoRotation.SingleUser.RotateAsync(
                single.Rotation(password, pending, pendingMayBeLive: attempt > 1, port: stays), _stop));
            await ConvergeAsync(server, _ => MongoRotation.MultiUser.RotateAsync(request, _stop));
            await killing;
            (await server.FindPrimaryAsync(_stop)).Port.ShouldNotBe(primary.Port);

            await single.ShouldLogInAsync(pending);
            await single.ShouldBeRefusedAsync(password);
            await pair.ShouldLogInAsync(next);
            await pair.ShouldLogInAsync(pair.Current);
            pair.Promote(next);
            password = pending;
            await primary.StartAsync(_stop);
            await server.SettleAsync(_stop);
            await pair.ShouldBeEqualAsync(_stop);
            // And what the killed member has missed or made alone, it takes over.
            await MongoRotation.MultiUser.TestSecretAsync(pair.ProofOf(next), _stop);
        }
    }

    [Fact]
    public async Task SetWithoutAPrimary_IsUnavailable_AndUntouched()
    {
        var server = await breakable.GetAsync(_stop);
        var account = await MongoAccount.CreateAsync(server, _stop);
        // A majority has it; the member that stays may be the one that has not.
        await account.UntilEveryMemberHasItAsync(_stop);
        var primary = await server.FindPrimaryAsync(_stop);
        var stays = server.Members.First(member => member != primary);
        // The primary last, so that the one that stays never becomes it: a primary takes a change until it sees that it is alone.
        await server.Members.Single(member => member != primary && member != stays).CrashAsync();
        await primary.CrashAsync();
        var pending = MongoAccount.NewPassword();
        await SetUntilAloneAsync(account.Rotation(account.Password, pending, port: stays.Port));
        await account.ShouldLogInAsync(account.Password);
        await account.ShouldBeRefusedAsync(pending);
    }

    /// <summary>It may have made the change, which no other member has: the outcome is open until the set is whole again.</summary>
    [Fact]
    public async Task PrimaryLeftAlone_IsTransient_AndTheNextAttemptConverges()
    {
        var server = await breakable.GetAsync(_stop);
        var account = await MongoAccount.CreateAsync(server, _stop);
        await account.UntilEveryMemberHasItAsync(_stop);
        var stays = await server.FindPrimaryAsync(_stop);
        foreach (var member in server.Members) if (member != stays) await member.CrashAsync();
        var pending = MongoAccount.NewPassword();
        var rotation = account.Rotation(account.Password, pending, pendingMayBeLive: true, port: stays.Port);
        await SetUntilAloneAsync(rotation);

        foreach (var member in server.Members) if (member != stays) await member.StartAsync(_stop);
        await server.SettleAsync(_stop);
        await ConvergeAsync(server, _ => MongoRotation.SingleUser.RotateAsync(rotation, _stop));
        await account.ShouldLogInAsync(pending);
        await account.ShouldBeRefusedAsync(account.Password);
    }

    private static DatabaseCredentials Via(DatabaseCredentials credentials, int port) => new()
    {
        Engine = credentials.Engine,
        Host = credentials.Host,
        Port = port,
        Username = credentials.Username,
        Password = credentials.Password,
        DatabaseName = credentials.DatabaseName,
        Tls = credentials.Tls,
    };

    /// <summary>Fails again and again, until the last member has seen that it is alone.</summary>
    private async Task SetUntilAloneAsync(RotationRequest request)
    {
        for (var isOver = false; !isOver;)
        {
            var failure = await Should.ThrowAsync<RotatorException>(MongoRotation.SingleUser.SetSecretAsync(request, _stop));
            failure.IsTransient.ShouldBeTrue(failure.ToString());
            isOver = failure.Cause == FailureCause.Unavailable;
        }
    }

    private async Task KillAsync(MongoProcess member, TimeSpan delay)
    {
        await Task.Delay(delay, TimeProvider.System, _stop);
        await member.CrashAsync();
    }

    private async Task ConvergeAsync(PrivateMongo server, Func<int, Task> rotate)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await rotate(attempt);
                return;
            }
            catch (RotatorException e) when (e.IsTransient && attempt < AttemptsMax)
            {
                // The next attempt comes later: by then there is a new primary.
                await server.SettleAsync(_stop);
            }
        }
    }
}
