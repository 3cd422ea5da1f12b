using System.Diagnostics;
using System.Globalization;
using Rekey.Benchmarks.Load;
using Rekey.Conformance.Engines;
using Rekey.Conformance.Rotation.Campaign;

namespace Rekey.Benchmarks.Rotation;

/// <summary>
/// Rotations by a real server against the bare database work they consist of (a login, the change, a login with the new password): both on
/// one core, the database on the others, as many at a time, in turns. What a rotation costs beyond that work is durability, journal and
/// proof.
/// </summary>
internal static class RotationBenchmark
{
    private const int Core = 0;
    private const string FirstPassword = CampaignTarget.FirstPassword;

    public static async Task RunAsync(RotationBenchmarkOptions options, CancellationToken cancellationToken)
    {
        Console.WriteLine(Machine.Describe());
        await using (var server = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), cancellationToken))
            await CompareAsync(CampaignTargets.MariaDb(server, Strategy.SingleUser), options, cancellationToken);
        await using (var server = await PrivatePostgres.StartAsync(15, cancellationToken))
            await CompareAsync(CampaignTargets.Postgres(server, Strategy.SingleUser), options, cancellationToken);
    }

    private static async Task CompareAsync(CampaignTarget target, RotationBenchmarkOptions options, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("rekey-benchmark-");
        try
        {
            for (var user = 0; user < options.Secrets; user++)
            {
                await target.CreateUser(NameOf("raw", user), FirstPassword, cancellationToken);
                await target.CreateUser(NameOf("app", user), FirstPassword, cancellationToken);
            }
            using var rekey = await ServerProcess.StartAsync(
                Core, "rekey.dll", ["server", "--data-dir", directory.FullName, "--urls", "{url}"],
                new Dictionary<string, string>
                {
                    ["REKEY_ROOT_ACCESS_KEY_ID"] = BenchmarkSecrets.AccessKeyId,
                    ["REKEY_ROOT_SECRET_ACCESS_KEY"] = BenchmarkSecrets.SecretAccessKey,
                    ["Rekey__Rotation__MaxConcurrent"] = options.Concurrent.ToString(CultureInfo.InvariantCulture),
                },
                "/healthz/ready", cancellationToken);
            using var secrets = new RotatedSecrets(rekey.Endpoint, target);
            await secrets.CreateAsync(options.Secrets, user => NameOf("app", user), cancellationToken);
            await MeasureAsync(target, options, rekey, secrets, cancellationToken);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(
        CampaignTarget target, RotationBenchmarkOptions options, ServerProcess rekey, RotatedSecrets secrets,
        CancellationToken cancellationToken)
    {
        List<RotationRound> raws = [], rotations = [];
        // The first rotation of each secret pins its target and walks every hop: it warms up and does not count.
        for (var round = 0; round <= options.Rounds; round++)
        {
            var raw = await RawRotation.RunInProcessAsync(Core, target, options, round, cancellationToken);
            var used = rekey.ProcessorTime;
            var started = Stopwatch.GetTimestamp();
            await secrets.RotateAllAsync(cancellationToken);
            var rotated = new RotationRound(options.Secrets, Stopwatch.GetElapsedTime(started), rekey.ProcessorTime - used);
            if (round == 0) continue;
            raws.Add(raw);
            rotations.Add(rotated);
            Console.WriteLine($"  {target.Engine.Name} round {round}: raw {raw}; rekey {rotated}");
        }
        var (rawMedian, median) = (RotationRound.Median(raws), RotationRound.Median(rotations));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Engine.Name}: {median.PerSecond:0} rotations/s on one core, {median.PerSecond / rawMedian.PerSecond:0.00} of "
            + $"login + change + login ({rawMedian.PerSecond:0}/s); "
            + $"by processor time {rawMedian.MillisecondsEach / median.MillisecondsEach:0.00}"));
    }

    public static string NameOf(string kind, int user) => string.Create(CultureInfo.InvariantCulture, $"{kind}{user}");
}

/// <summary><c>rotate [--secrets 100] [--rounds 5] [--concurrent 8]</c></summary>
internal sealed record RotationBenchmarkOptions(int Secrets, int Rounds, int Concurrent)
{
    public static RotationBenchmarkOptions Parse(string[] arguments)
    {
        var options = new RotationBenchmarkOptions(100, Rounds: 5, Concurrent: 8);
        for (var index = 0; index + 1 < arguments.Length; index += 2)
        {
            var number = int.Parse(arguments[index + 1], NumberStyles.None, CultureInfo.InvariantCulture);
            options = arguments[index] switch
            {
                "--secrets" => options with { Secrets = number },
                "--rounds" => options with { Rounds = number },
                "--concurrent" => options with { Concurrent = number },
                var unknown => throw new ArgumentException($"Unknown option {unknown}."),
            };
        }
        return options;
    }
}

/// <summary>One round of either side.</summary>
internal sealed record RotationRound(int Rotations, TimeSpan Elapsed, TimeSpan Processor)
{
    public double PerSecond => Rotations / Elapsed.TotalSeconds;

    public double MillisecondsEach => Processor.TotalMilliseconds / Rotations;

    public static RotationRound Median(List<RotationRound> rounds) => rounds.OrderBy(round => round.PerSecond).ElementAt(rounds.Count / 2);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{PerSecond:0}/s, {MillisecondsEach:0.0} ms of processor each");
}
