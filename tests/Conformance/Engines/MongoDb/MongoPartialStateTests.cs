using Rekey.Rotators;
using Rekey.Rotators.MongoDb;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MongoDb;

/// <summary>A rotation that ends between any two of its effects, and is then made again.</summary>
public sealed class MongoPartialStateTests : IDisposable
{
    /// <summary>Where to end; of this test's flow alone, since the hook is the process's.</summary>
    private static readonly AsyncLocal<string?> EndAt = new();

    private readonly MongoServers _servers;
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    public MongoPartialStateTests(MongoServers servers)
    {
        _servers = servers;
        FaultPoint.Hook = place =>
        {
            if (EndAt.Value == place) throw new EndException();
        };
    }

    public void Dispose() => FaultPoint.Hook = null;

    [Theory]
    [InlineData("setSecret.before-create")]
    [InlineData("setSecret.after-create")]
    [InlineData("setSecret.before-change")]
    [InlineData("setSecret.after-change")]
    public async Task FirstRotation_Converges(string place)
    {
        var pair = await MongoPair.CreateAsync(await _servers.GetSetAsync(), _stop);
        await ConvergeAsync(pair, place);
    }

    [Theory]
    [InlineData("setSecret.before-rights")]
    [InlineData("setSecret.after-rights")]
    [InlineData("setSecret.before-change")]
    [InlineData("setSecret.after-change")]
    public async Task LaterRotation_Converges(string place)
    {
        var server = await _servers.GetSetAsync();
        var pair = await MongoPair.CreateAsync(server, _stop);
        await pair.RotateAsync(_stop);
        await pair.RotateAsync(_stop);
        await server.RunAsync("admin", command =>
        {
            command.Text("updateUser", pair.Base);
            MongoAccount.Roles(command, [new MongoRole("read", "stock")]);
        }, _stop);
        await ConvergeAsync(pair, place);
    }

    [Theory]
    [InlineData("setSecret.before-change")]
    [InlineData("setSecret.after-change")]
    public async Task SingleUser_Converges(string place)
    {
        var account = await MongoAccount.CreateAsync(await _servers.GetSetAsync(), _stop);
        var pending = MongoAccount.NewPassword();
        await EndsAsync(MongoRotation.SingleUser, account.Rotation(account.Password, pending), place);
        await MongoRotation.SingleUser.RotateAsync(account.Rotation(account.Password, pending, pendingMayBeLive: true), _stop);
        await account.ShouldLogInAsync(pending);
        await account.ShouldBeRefusedAsync(account.Password);
    }

    private async Task ConvergeAsync(MongoPair pair, string place)
    {
        var (current, pending) = (pair.Current, MongoAccount.NewPassword());
        await EndsAsync(MongoRotation.MultiUser, pair.RequestFor(pending), place);
        await pair.ShouldLogInAsync(current);
        var isLive = place == "setSecret.after-change";
        if (isLive) await pair.ShouldLogInAsync((pair.Other, pending));
        else await pair.ShouldBeRefusedAsync((pair.Other, pending));
        // Rights come before the password: whenever it logs in, they are the base's.
        if (isLive) await pair.ShouldBeEqualAsync(_stop);

        await pair.RotateAsync(_stop, pending);
        await pair.ShouldBeEqualAsync(_stop);
        await pair.ShouldLogInAsync(current);
        await pair.ShouldLogInAsync(pair.Current);
    }

    private async Task EndsAsync(IDatabaseRotator rotator, RotationRequest request, string place)
    {
        EndAt.Value = place;
        await Should.ThrowAsync<EndException>(rotator.SetSecretAsync(request, _stop));
        EndAt.Value = null;
    }

    private sealed class EndException : Exception;
}
