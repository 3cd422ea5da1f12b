using System.Globalization;
using System.Security.Cryptography;
using Rekey.Conformance.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Sequences;

/// <summary>
/// Random calls, good and bad, go to a server and to the reference, which was written from the specification: whole answers are the same.
/// A difference is reported as a short sequence of calls and the seed it came from.
/// </summary>
public sealed class RandomSequenceTests(PostgresStore store, ITestOutputHelper output) : IClassFixture<PostgresStore>
{
    private const int CallsPerSequence = 2000;
    private const int Sequences = 10;
    private const int SequencesOfCampaign = 100;
    private const int AtOnce = 2;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SQLite")]
    [InlineData("PostgreSQL")]
    public Task TwentyThousandRandomCalls_AreAnsweredAsTheReferenceSays(string engine) => CompareAsync(engine, Sequences);

    [Theory(Explicit = true)]
    [InlineData("SQLite")]
    [InlineData("PostgreSQL")]
    public Task TwoHundredThousandRandomCalls_AreAnsweredAsTheReferenceSays(string engine) => CompareAsync(engine, SequencesOfCampaign);

    private async Task CompareAsync(string engine, int sequences)
    {
        // One failing seed can be played again by itself: REKEY_SEED=17.
        var given = Environment.GetEnvironmentVariable("REKEY_SEED");
        var first = given is null ? RandomNumberGenerator.GetInt32(1_000_000) * 1000 : int.Parse(given, CultureInfo.InvariantCulture);
        output.WriteLine($"seeds from {first}");
        var served = new HashSet<string>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Stop };
        await Parallel.ForAsync(0, given is null ? sequences : 1, parallel, async (number, _) =>
        {
            var operations = await PlayAsync(engine, first + number);
            lock (served) served.UnionWith(operations);
        });
        if (given is null) served.Count.ShouldBe(23, string.Join(' ', served.Order()));
    }

    private async Task<IReadOnlySet<string>> PlayAsync(string engine, int seed)
    {
        await using var server = await StartAsync(engine);
        var random = new RandomSteps(seed, server.World);
        var steps = new List<Step>();
        while (steps.Count < CallsPerSequence)
        {
            steps.Add(random.Next());
            if (await server.PlayAsync(steps[^1], Stop) is not { } difference) continue;
            var shortest = await Shrinking.ShrinkAsync(steps, async shorter => await DifferenceAsync(engine, shorter) is not null);
            Assert.Fail($"{engine}, seed {seed}, call {steps.Count}:\n{difference}\n\nshrunk:\n{string.Join('\n', shortest)}\n"
                + await DifferenceAsync(engine, shortest));
        }
        return server.Served;
    }

    /// <summary>The first difference when the steps are played against a new server; null when there is none.</summary>
    private async Task<string?> DifferenceAsync(string engine, List<Step> steps)
    {
        await using var server = await StartAsync(engine);
        foreach (var step in steps)
        {
            if (await server.PlayAsync(step, Stop) is { } difference) return difference;
        }
        return null;
    }

    private async Task<ComparedServer> StartAsync(string engine) =>
        await ComparedServer.StartAsync(engine == "SQLite" ? null : await store.CreateDatabaseAsync(Stop), Stop);
}
