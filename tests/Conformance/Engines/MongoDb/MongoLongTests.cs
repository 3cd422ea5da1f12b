using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>200 rotations of each strategy, with a prober that opens new connections all the while.</summary>
public sealed class MongoLongTests(MongoServers servers)
{
    private const int Rotations = 200;

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task SingleUser()
    {
        var account = await MongoAccount.CreateAsync(await servers.GetSetAsync(), _stop);
        var current = account.Password;
        for (var rotation = 0; rotation < Rotations; rotation++)
        {
            var pending = MongoAccount.NewPassword();
            await MongoRotation.SingleUser.RotateAsync(account.Rotation(current, pending), _stop);
            if (rotation % 50 == 0) await account.ShouldBeRefusedAsync(current);
            current = pending;
        }
        await account.ShouldLogInAsync(current);
    }

    [Fact(Explicit = true)]
    public async Task AlternatingUsers_CurrentIsNeverRefused()
    {
        var server = await servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop, database: "shop");
        using var isOver = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        var probing = ProbeAsync(server, pair, isOver.Token);
        for (var rotation = 0; rotation < Rotations; rotation++) await pair.RotateAsync(_stop);
        await isOver.CancelAsync();
        (await probing).ShouldBeGreaterThan(0);
        await pair.ShouldBeEqualAsync(_stop);
    }

    /// <summary>Logs in with what is current when the login begins, on one member after the other; any refusal fails the test.</summary>
    private static async Task<int> ProbeAsync(PrivateMongo server, MongoPair pair, CancellationToken isOver)
    {
        for (var logins = 0; ; logins++)
        {
            if (isOver.IsCancellationRequested) return logins;
            await MongoRotation.LogInAsync(pair.CurrentAt(server.Members[logins % server.Members.Count].Port));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }
}
