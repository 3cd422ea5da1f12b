using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Rekey.Benchmarks.Load;

/// <summary>
/// GetSecretValue of a real server against a bare Kestrel POST: both on one core, the load generator on another, in turns.
/// (1) start both, (2) store the secrets through the API, (3) warm both up, (4) alternate rounds, (5) report medians and their ratio.
/// </summary>
internal static class LoadBenchmark
{
    private const int ServerCore = 0;
    private const int GeneratorCore = 1;
    private const int SeedBatch = 10_000;
    private const int SeedConnections = 64;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(LoadOptions options, CancellationToken cancellationToken)
    {
        Console.WriteLine(Machine.Describe());
        foreach (var secrets in options.Secrets) await CompareAsync(options, secrets, cancellationToken);
    }

    private static async Task CompareAsync(LoadOptions options, int secrets, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("rekey-benchmark-");
        try
        {
            using var bare = await ServerProcess.StartAsync(
                ServerCore, "Rekey.Benchmarks.dll", ["bare", "{url}"], environment: [], readyPath: null, cancellationToken);
            using var rekey = await ServerProcess.StartAsync(
                ServerCore, "rekey.dll", ["server", "--data-dir", directory.FullName, "--urls", "{url}"],
                new Dictionary<string, string>
                {
                    ["REKEY_ROOT_ACCESS_KEY_ID"] = BenchmarkSecrets.AccessKeyId,
                    ["REKEY_ROOT_SECRET_ACCESS_KEY"] = BenchmarkSecrets.SecretAccessKey,
                },
                "/healthz/ready", cancellationToken);
            // The generator's thread must not wander to the servers' core: it gets one of its own.
            await Task.Factory.StartNew(
                () => Compare(options, secrets, bare, rekey), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Compare(LoadOptions options, int secrets, ServerProcess bare, ServerProcess rekey)
    {
        Linux.PinThread(GeneratorCore);
        var arns = Seed(rekey, secrets);
        // In a random order, always the same one: neighbours in time shall not be neighbours in the store.
        var order = Enumerable.Range(0, secrets).ToArray();
        new Random(secrets).Shuffle(order);
        void CheckSecret(int request, ReadOnlySpan<byte> body)
        {
            if (!BenchmarkSecrets.IsValueOf(order[request], body)) throw new InvalidDataException("A secret came with another's value.");
        }

        Measure(bare, options, WarmUp, Plain(bare), CheckBare);
        var firstReads = Signed(rekey, arns, order);
        var first = Measure(rekey, generator => generator.RunOnce(firstReads, CheckSecret), options);
        Console.WriteLine($"  first reads              {first}");
        Measure(rekey, options, WarmUp, Signed(rekey, arns, order), CheckSecret);

        List<Round> bareRounds = [], rekeyRounds = [];
        for (var round = 1; round <= options.Rounds; round++)
        {
            bareRounds.Add(Measure(bare, options, options.Duration, Plain(bare), CheckBare));
            rekeyRounds.Add(Measure(rekey, options, options.Duration, Signed(rekey, arns, order), CheckSecret));
            Console.WriteLine($"  round {round}  bare Kestrel    {bareRounds[^1]}");
            Console.WriteLine($"           GetSecretValue  {rekeyRounds[^1]}");
        }
        var memory = rekey.ResidentBytes / (1024.0 * 1024);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{secrets:N0} secrets: GetSecretValue at {Ratio(rekeyRounds, bareRounds, round => round.PerSecond):F2} of bare Kestrel's " +
            $"requests/s (by processor time {Ratio(bareRounds, rekeyRounds, round => round.ProcessorMicroseconds):F2}); " +
            $"server memory {memory:F0} MB"));
    }

    /// <summary>Stores the secrets through the API and returns their ARNs.</summary>
    private static string[] Seed(ServerProcess rekey, int secrets)
    {
        var requests = new BenchmarkSecrets(rekey.Endpoint);
        var generator = new LoadGenerator(rekey.Address, SeedConnections);
        var arns = new string[secrets];
        var writing = TimeSpan.Zero;
        for (var first = 0; first < secrets; first += SeedBatch)
        {
            var batch = Enumerable.Range(first, Math.Min(SeedBatch, secrets - first)).Select(requests.Create).ToArray();
            var started = Stopwatch.GetTimestamp();
            generator.RunOnce(batch, (request, body) => arns[first + request] = ArnIn(body));
            writing += Stopwatch.GetElapsedTime(started);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{secrets:N0} secrets stored, {secrets / writing.TotalSeconds:N0} CreateSecret/s over {SeedConnections} connections"));
        return arns;
    }

    private static string ArnIn(ReadOnlySpan<byte> body)
    {
        var start = body.IndexOf("arn:"u8);
        return Encoding.ASCII.GetString(body[start..(start + body[start..].IndexOf((byte)'"'))]);
    }

    private static Round Measure(ServerProcess server, LoadOptions options, TimeSpan duration, byte[][] requests, AnswerCheck check) =>
        Measure(server, generator => generator.RunFor(duration, requests, check), options);

    private static Round Measure(ServerProcess server, Func<LoadGenerator, LatencyHistogram> run, LoadOptions options)
    {
        var processor = server.ProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var latencies = run(new LoadGenerator(server.Address, options.Connections));
        return new Round(latencies, Stopwatch.GetElapsedTime(started), server.ProcessorTime - processor);
    }

    private static byte[][] Plain(ServerProcess bare) => [BenchmarkSecrets.Plain(bare.Endpoint)];

    /// <summary>Signed afresh for each round: a signature is good for five minutes.</summary>
    private static byte[][] Signed(ServerProcess rekey, string[] arns, int[] order)
    {
        var requests = new BenchmarkSecrets(rekey.Endpoint);
        return [.. order.Select(secret => requests.Get(arns[secret]))];
    }

    private static void CheckBare(int request, ReadOnlySpan<byte> body)
    {
        if (!body.SequenceEqual(BareServer.Answer)) throw new InvalidDataException("Bare Kestrel gave another answer.");
    }

    private static double Ratio(List<Round> rounds, List<Round> baseline, Func<Round, double> figure) =>
        Median(rounds.Select(figure)) / Median(baseline.Select(figure));

    private static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
