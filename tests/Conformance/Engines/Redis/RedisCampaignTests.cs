using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>
/// Many rotations while an application opens one new connection after another with AWSCURRENT, on every server of the set: none is
/// refused.
/// </summary>
public sealed class RedisCampaignTests(ITestOutputHelper output)
{
    private const int Rotations = 200;

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RedisKind.Redis7, false)]
    [InlineData(RedisKind.Redis7, true)]
    [InlineData(RedisKind.Valkey8, false)]
    [InlineData(RedisKind.Valkey8, true)]
    public async Task NoLoginWithAwsCurrent_IsEverRefused(RedisKind kind, bool alternating)
    {
        await using var set = await PrivateRedisSet.ReplicatedAsync(kind, 2, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await set.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        var rotation = new RedisRotation(set.Primary, alternating, "app", "old");
        using var prober = new Prober(set, rotation);
        var probing = prober.RunAsync(_stop);
        for (var i = 0; i < Rotations; i++)
        {
            var pending = RedisRotation.NewPassword();
            var result = await rotation.SetAsync(pending, _stop);
            result.RefusedSince.ShouldBeNull();
            prober.Current = (rotation.Rotator.PendingUsername(rotation.Subject), pending);
            rotation.Promote(pending, result);
            // The grace: whoever read AWSCURRENT before it moved has logged in.
            await prober.UntilNextRoundAsync(_stop);
            if (result.MustRetire) await rotation.RetireAsync(_stop);
        }
        prober.End();
        await probing;
        output.WriteLine($"{prober.Logins} logins with AWSCURRENT");
        prober.Refused.ShouldBeEmpty();
        prober.Logins.ShouldBeGreaterThan(Rotations);
        rotation.Notices.ShouldBeEmpty();
        foreach (var server in set.All)
        {
            (await server.FindUserAsync(rotation.Username, _stop))!.Hashes.ShouldBe([PrivateRedis.Hash(rotation.Password)]);
            var users = (await server.ExecuteAsync(_stop, "ACL", "USERS")).Items.Select(user => user.Text);
            string[] pair = alternating ? ["app", "app_clone"] : ["app"];
            users.Except([PrivateRedis.Admin, "default"]).Order().ShouldBe(pair);
        }
    }

    /// <summary>Each printable character at each place of a password logs in, and so do passwords of other bytes.</summary>
    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public async Task EveryCharacterAtEveryPosition_LogsIn(RedisKind kind)
    {
        const int Length = 32;
        const string Printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { UsesAclFile = true }, _stop);
        await server.SetUserAsync("app", _stop, "on", ">old", "~*", "+@read");
        var rotation = new RedisRotation(server, alternating: false, "app", "old");
        var passwords = Enumerable.Range(0, Printable.Length)
            .Select(first => string.Concat(Enumerable.Range(first, Length).Select(place => Printable[place % Printable.Length])))
            .Concat(["\r\n", "*1\r\n$4\r\nPING\r\n", "ü", "😀", "x", new string('y', 4096), "\u0001\u007f", "#" + PrivateRedis.Hash("x")]);
        foreach (var password in passwords)
        {
            // Tested by a login, and the one before it is refused when it was retired.
            var result = await rotation.SetAsync(password, _stop);
            rotation.Promote(password, result);
        }
        await rotation.RetireAsync(_stop);
        (await server.FindUserAsync("app", _stop))!.Hashes.ShouldBe([PrivateRedis.Hash(rotation.Password)]);
    }

    /// <summary>An application without a cache: it reads AWSCURRENT and logs in, on one server after the other.</summary>
    private sealed class Prober(PrivateRedisSet set, RedisRotation rotation) : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private volatile Tuple<string, string> _current = Tuple.Create(rotation.Username, rotation.Password);
        private int _rounds;

        public (string Username, string Password) Current
        {
            set => _current = Tuple.Create(value.Username, value.Password);
        }

        public List<string> Refused { get; } = [];

        public int Logins { get; private set; }

        public void End() => _end.Cancel();

        public void Dispose() => _end.Dispose();

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            while (!_end.IsCancellationRequested)
            {
                foreach (var server in set.All)
                {
                    var (username, password) = _current;
                    if (!await server.LogsInAsync(username, password, cancellationToken)) Refused.Add($"{username} after {Logins} logins");
                    Logins++;
                }
                Interlocked.Increment(ref _rounds);
            }
        }

        /// <summary>Waits until every login that began before this call is over.</summary>
        public async Task UntilNextRoundAsync(CancellationToken cancellationToken)
        {
            var wanted = Volatile.Read(ref _rounds) + 2;
            while (Volatile.Read(ref _rounds) < wanted)
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }
}
