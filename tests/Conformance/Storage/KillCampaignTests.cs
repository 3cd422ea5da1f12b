using System.Diagnostics;
using System.Security.Cryptography;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Storage;

/// <summary>
/// A real server, real HTTP, mixed writes of many clients, and kill -9 at random moments: what was acknowledged is there after the restart,
/// what was not has happened as a whole or not at all, no label rule is broken, and no value lies in a file in the clear.
/// </summary>
public sealed class KillCampaignTests(ITestOutputHelper output)
{
    private const int Campaigns = 2;
    private const int KillsPerCampaign = 100;
    private const int Writers = 8;
    private const int WritesPerKillMax = 80;
    private const int FurtherMillisecondsMax = 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoHundredKills_LoseNoAcknowledgedWrite()
    {
        var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        output.WriteLine($"seed {seed}");
        var acknowledged = await Task.WhenAll(Enumerable.Range(0, Campaigns).Select(number => RunAsync(number, new Random(seed + number))));
        output.WriteLine($"{Campaigns * KillsPerCampaign} kills, {acknowledged.Sum()} acknowledged writes");
        // Fewer would mean that the servers were killed before they did anything.
        acknowledged.Sum().ShouldBeGreaterThan(Campaigns * KillsPerCampaign * WritesPerKillMax / 4);
    }

    private async Task<int> RunAsync(int number, Random random)
    {
        var folder = Directory.CreateTempSubdirectory("rekey-kills-").FullName;
        var canary = RandomNumberGenerator.GetHexString(32);
        var writers = Enumerable.Range(0, Writers)
            .Select(i => new LedgerWriter($"c{number}/w{i}", canary, new Random(random.Next()))).ToList();
        var starts = new List<TimeSpan>();
        for (var kill = 0; kill < KillsPerCampaign; kill++)
        {
            var started = Stopwatch.GetTimestamp();
            await using var server = await ServerProcess.StartAsync(folder, Stop);
            starts.Add(Stopwatch.GetElapsedTime(started));
            var reader = ReaderOf(server);
            await Task.WhenAll(writers.Select(writer => writer.CheckAsync(reader)));
            var writing = writers.Select(writer => writer.WriteAsync(server, Stop)).ToList();
            await WaitForWritesAsync(writers, random.Next(WritesPerKillMax));
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(FurtherMillisecondsMax)), TimeProvider.System, Stop);
            await server.KillAsync();
            await Task.WhenAll(writing);
            server.Output.ShouldNotContain(canary);
        }
        PlaintextSearch.FilesWith(folder, canary).ShouldBeEmpty("values lie in these files in the clear");
        await using (var server = await ServerProcess.StartAsync(folder, Stop))
        {
            var reader = ReaderOf(server);
            await Task.WhenAll(writers.Select(writer => writer.CheckAllAsync(reader)));
        }
        output.WriteLine($"campaign {number}: slowest start {starts.Max().TotalMilliseconds:f0} ms");
        Directory.Delete(folder, recursive: true);
        return writers.Sum(writer => writer.Acknowledged);
    }

    // Counted in writes and not in time, so that a slow machine tests as much as a fast one.
    private static async Task WaitForWritesAsync(List<LedgerWriter> writers, int further)
    {
        var target = writers.Sum(writer => writer.Acknowledged) + further;
        while (writers.Sum(writer => writer.Acknowledged) < target)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Stop);
    }

    private static SecretReader ReaderOf(ServerProcess server) =>
        new((operation, request) => server.CallAsync(operation, request, Stop));
}
