using System.Globalization;
using Rekey.Rotators;
using Rekey.Rotators.Slots;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Slots;

/// <summary>
/// The process ends at every durable write, before and after, and goes on from what is durable; calls to the target fail before and after
/// their effect; lists lag. At every moment AWSCURRENT is let in, and in the end there is one key and no memory of others.
/// </summary>
public sealed class SlotCrashTests(ITestOutputHelper output)
{
    private const int Seeds = 40;
    private static readonly SlotSettings Settings = SlotSettings.Default;

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task EndAtEveryWrite_OfARotationAndItsCleanup_LeavesNothingBehind()
    {
        var writes = await CountWritesAsync();
        writes.ShouldBeGreaterThan(6);
        for (var at = 1; at <= writes; at++)
        {
            foreach (var fault in (Fault[])[Fault.Before, Fault.After])
            {
                var clock = new SelfMovingClock();
                await using var service = await CredentialService.StartAsync(clock, _stop);
                var secret = new SlotSecret(service, clock, Settings);
                await secret.StoreByHandAsync(_stop);
                var ended = 0;
                secret.Killing = write => write == at && ended++ == 0 ? fault : null;
                await RunAsync(service, clock, secret);
                ended.ShouldBeGreaterThan(0);
                service.Ids.ShouldBe([secret.CurrentId], $"ended {fault} write {at}");
                secret.State.Intents.ShouldBeEmpty();
                secret.State.Deleted.ShouldBeEmpty();
            }
        }
    }

    [Fact]
    public async Task RandomFaults_EndInOneKey()
    {
        var first = Environment.GetEnvironmentVariable("REKEY_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next(1_000_000);
        output.WriteLine($"REKEY_SEED={first}");
        for (var seed = first; seed < first + Seeds; seed++) await RunSeedAsync(seed);
    }

    private async Task RunSeedAsync(int seed)
    {
        var random = new Random(seed);
        var clock = new SelfMovingClock();
        await using var service = await CredentialService.StartAsync(clock, _stop);
        var secret = new SlotSecret(service, clock, Settings);
        await secret.StoreByHandAsync(_stop);
        service.Lag = TimeSpan.FromSeconds(random.Next(0, 30));
        // The first key is known everywhere before anybody rotates it.
        clock.Advance(service.Lag);
        secret.Killing = _ => random.Next(6) switch { 0 => Fault.Before, 1 => Fault.After, _ => null };
        for (var step = 0; step < 60; step++)
        {
            if (random.Next(3) == 0) service.NextFault = random.Next(2) == 0 ? Fault.Before : Fault.After;
            service.IsDown = random.Next(10) == 0;
            await AttemptAsync(async () =>
            {
                if (random.Next(2) == 0) await secret.RotateAsync(_stop);
                else await secret.CleanUpAsync(_stop);
            });
            service.IsLive(secret.CurrentValue).ShouldBeTrue($"REKEY_SEED={seed}, step {step}");
            service.Ids.Count.ShouldBeLessThanOrEqualTo(CredentialService.KeysMax);
            if (random.Next(20) == 0) secret.Labels.Remove("AWSPENDING");
            clock.Advance(TimeSpan.FromMinutes(random.Next(0, 600)));
        }
        (secret.Killing, service.NextFault, service.IsDown) = (_ => null, null, false);
        await RunAsync(service, clock, secret);
        service.Ids.ShouldBe([secret.CurrentId], $"REKEY_SEED={seed}");
        secret.State.Retiring.ShouldBeEmpty($"REKEY_SEED={seed}");
    }

    private async Task<int> CountWritesAsync()
    {
        var clock = new SelfMovingClock();
        await using var service = await CredentialService.StartAsync(clock, _stop);
        var secret = new SlotSecret(service, clock, Settings);
        await secret.StoreByHandAsync(_stop);
        await RunAsync(service, clock, secret);
        return secret.Writes;
    }

    /// <summary>One rotation, and a week of cleanups; each taken up again when it ends early.</summary>
    private async Task RunAsync(CredentialService service, SelfMovingClock clock, SlotSecret secret)
    {
        var before = secret.CurrentId;
        for (var attempt = 0; secret.CurrentId == before; attempt++)
        {
            attempt.ShouldBeLessThan(200);
            await AttemptAsync(() => secret.RotateAsync(_stop));
            service.IsLive(secret.CurrentValue).ShouldBeTrue();
            if (secret.CurrentId == before) clock.Advance(TimeSpan.FromMinutes(30));
        }
        for (var hour = 0; hour < 7 * 24; hour++)
        {
            await AttemptAsync(() => secret.CleanUpAsync(_stop));
            service.IsLive(secret.CurrentValue).ShouldBeTrue();
            clock.Advance(TimeSpan.FromHours(1));
        }
    }

    private static async Task AttemptAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e) when (e is ProcessEndedException or RotatorException { IsTransient: true })
        {
            // The next attempt begins from what is durable.
        }
    }
}
