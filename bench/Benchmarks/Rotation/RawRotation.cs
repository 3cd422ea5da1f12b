using System.Diagnostics;
using System.Globalization;
using Rekey.Aws;
using Rekey.Conformance.Rotation.Campaign;
using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Rekey.Rotators.Postgres;
using Rekey.Rotators.Strategies;

namespace Rekey.Benchmarks.Rotation;

/// <summary>The bare database work of a rotation, in a process of its own so that it has the core that the server has.</summary>
internal static class RawRotation
{
    /// <summary>Runs one round in a child process on <paramref name="core"/>, after a warm-up there.</summary>
    public static async Task<RotationRound> RunInProcessAsync(
        int core, CampaignTarget target, RotationBenchmarkOptions options, int round, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("taskset") { RedirectStandardOutput = true };
        string[] words =
        [
            "--cpu-list", $"{core}", "dotnet", Path.Combine(AppContext.BaseDirectory, "Rekey.Benchmarks.dll"), "rotate-raw",
            target.Engine.Name, $"{target.Port}", $"{options.Secrets}", $"{options.Concurrent}", $"{round}",
        ];
        foreach (var word in words) start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var figures = output.Trim().Split(' ');
        return new RotationRound(options.Secrets, Milliseconds(figures[0]), Milliseconds(figures[1]));
    }

    /// <summary>The child: prints elapsed and processor milliseconds.</summary>
    public static async Task RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var isPostgres = arguments[0] == DatabaseEngine.Postgres.Name;
        var options = new RotatorOptions { ConnectTimeout = TimeSpan.FromSeconds(20) };
        IDatabaseLogin login = isPostgres ? new PostgresLogin(options, TimeProvider.System) : new MySqlLogin(options);
        var numbers = arguments[1..].Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var (port, users, concurrent, round) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        DatabaseCredentials Of(int user, Sensitive password) => new()
        {
            Engine = arguments[0],
            Host = "127.0.0.1",
            Port = port,
            Username = RotationBenchmark.NameOf("raw", user),
            Password = password,
            DatabaseName = isPostgres ? "postgres" : null,
            Tls = TlsMode.Plaintext,
        };
        // As many again before the clock starts: code that is not compiled yet is not what is measured.
        await ChangeAllAsync(2 * round, 2 * round + 1);
        var (started, used) = (Stopwatch.GetTimestamp(), Used());
        await ChangeAllAsync((2 * round) + 1, (2 * round) + 2);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(started).TotalMilliseconds:0.###} {(Used() - used).TotalMilliseconds:0.###}"));

        Task ChangeAllAsync(int before, int after) => Parallel.ForAsync(
            0, users, new ParallelOptions { MaxDegreeOfParallelism = concurrent, CancellationToken = cancellationToken },
            async (user, stop) =>
            {
                using var present = Password(before);
                using var wanted = Password(after);
                await using (var session = await login.LogInAsync(Of(user, present), stop))
                    await session.Passwords.ReplaceAsync(present, wanted, stop);
                await using var proof = await login.LogInAsync(Of(user, wanted), stop);
            });
    }

    /// <summary>The user's password after so many changes.</summary>
    private static Sensitive Password(int changes) => Sensitive.FromText(
        changes == 0
            ? CampaignTarget.FirstPassword
            : string.Create(CultureInfo.InvariantCulture, $"Raw-password-{changes:D6}-Zk4vT9qLw2X"));

    private static TimeSpan Used()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }

    private static TimeSpan Milliseconds(string text) => TimeSpan.FromMilliseconds(double.Parse(text, CultureInfo.InvariantCulture));
}
