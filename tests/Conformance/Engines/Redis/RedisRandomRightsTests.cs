using System.Globalization;
using Rekey.Rotators;
using Rekey.Rotators.Redis;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Redis;

/// <summary>
/// Whatever rules the base has, the clone has the same: as the server describes them itself. A failure names the seed of its sequence.
/// </summary>
public sealed class RedisRandomRightsTests(ITestOutputHelper output)
{
    private const int SetsPerServer = 1000;

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public Task W2_CloneEqualsItsBase(RedisKind kind) => RunAsync(kind, SetsPerServer);

    [Theory(Explicit = true)]
    [InlineData(RedisKind.Redis7)]
    [InlineData(RedisKind.Valkey8)]
    public Task CloneEqualsItsBase_Long(RedisKind kind) => RunAsync(kind, 20 * SetsPerServer);

    private async Task RunAsync(RedisKind kind, int sets)
    {
        var seed = Environment.GetEnvironmentVariable("REKEY_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"REKEY_SEED={seed}");
        await using var server = await PrivateRedis.StartAsync(kind, new PrivateRedisSetup { HasConfigurationFile = false }, _stop);
        var acl = new RandomAcl(seed, await ListAsync(server, "ACL", "CAT"), await ListAsync(server, "COMMAND", "LIST"));
        await using var session = await new RedisAdministration(server.Options).LogInAsync(server.AdminCredentials, _stop);
        await using var setter = new RedisServer(await server.OpenAdminAsync(_stop));
        var pair = new UserPair("app", "app_clone", RotationSettings.Default);
        await server.SetUserAsync("app", _stop, "on", ">old");
        await session.CreateLockedAsync(pair, _stop);
        for (var tried = 0; tried < sets;)
        {
            var words = acl.Next();
            // Some words do not go together, and some categories hold what cannot be given.
            try
            {
                await setter.SetUserAsync("app", words, _stop);
            }
            catch (RotatorException e) when (e.Cause == FailureCause.Other)
            {
                continue;
            }
            tried++;
            var differences = await session.CompareAsync(pair, _stop);
            await session.ApplyAsync(pair, differences.Changes, _stop);
            var context = $"REKEY_SEED={seed}, set {tried}: {AclText.Rules(words)}";
            (await session.CompareAsync(pair, _stop)).Changes.ShouldBeEmpty(context);
            var (original, clone) = (await DescribeAsync(setter, "app"), await DescribeAsync(setter, "app_clone"));
            clone.ShouldBe(original, context);
        }
    }

    private async Task<string> DescribeAsync(RedisServer server, string username) =>
        RedisDescription.Of(await server.Connection.AskAsync(["ACL", "GETUSER", username], _stop)).ToJsonString();

    private async Task<List<string>> ListAsync(PrivateRedis server, params string[] words) =>
        [.. (await server.ExecuteAsync(_stop, words)).Items.Select(item => item.Text).Order(StringComparer.Ordinal)];
}
