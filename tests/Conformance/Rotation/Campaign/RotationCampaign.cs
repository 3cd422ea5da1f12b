using System.Globalization;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>Many rotations in a row through the front door of a server process, while a prober logs in all the time.</summary>
internal static class RotationCampaign
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// Demands of every rotation that its version ends as AWSCURRENT without AWSPENDING and logs in; of the campaign that no login was
    /// refused where the strategy has no gap. Where it has one the measured gaps are printed.
    /// </summary>
    /// <param name="database">A PostgreSQL connection string for the server's store; null for SQLite.</param>
    public static async Task RunAsync(CampaignTarget target, int rotations, string? database = null)
    {
        await target.CreateUser("app", CampaignTarget.FirstPassword, Cancel);
        var directory = Directory.CreateTempSubdirectory("rekey-campaign-").FullName;
        try
        {
            var environment = CampaignServer.Environment(target);
            if (database is not null) environment["REKEY_DATABASE"] = database;
            await using var server = await ServerProcess.StartAsync(directory, Cancel, environment);
            await CampaignServer.CreateSecretsAsync(server, target, "db", "app", Cancel);
            using var done = new CancellationTokenSource();
            var prober = new Prober(server, target, "db");
            var probing = Task.Run(() => prober.RunAsync(done.Token), Cancel);
            await RotateAsync(server, target, rotations);
            await done.CancelAsync();
            await probing;

            var gaps = await CampaignServer.GapsAsync(server, "db", Cancel);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{target.FunctionName}, {target.Engine.Name}: {rotations} rotations, {prober.Logins} logins, "
                + $"{prober.Refused.Count} refused; "
                + $"gap by the journal: median {Median(gaps):0.0} ms, longest {gaps.Max():0.0} ms; "
                + $"longest by the prober {prober.LongestGap.TotalMilliseconds:0.0} ms"));
            prober.Logins.ShouldBeGreaterThan(rotations / 2, "the prober must have looked");
            if (!target.IsGapless) return;
            prober.Refused.ShouldBeEmpty();
            gaps.ShouldAllBe(gap => gap == 0);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task RotateAsync(ServerProcess server, CampaignTarget target, int rotations)
    {
        for (var rotation = 1; rotation <= rotations; rotation++)
        {
            var token = CampaignServer.TokenOf(rotation);
            await server.OkAsync(
                "RotateSecret", new { SecretId = "db", ClientRequestToken = token, RotationLambdaARN = FunctionOfFirst(target, rotation) },
                Cancel);
            await server.UntilIdleAsync("db", Cancel);
            var labels = (await server.OkAsync("DescribeSecret", new { SecretId = "db" }, Cancel))["VersionIdsToStages"]!;
            labels[token]!.ToJsonString().ShouldBe("""["AWSCURRENT"]""", $"rotation {rotation}");
            labels.ToJsonString().ShouldNotContain("AWSPENDING");
            var now = (await server.OkAsync("GetSecretValue", new { SecretId = "db" }, Cancel))["SecretString"]!.GetValue<string>();
            (await target.LogsInAsync(now, Cancel)).ShouldBeTrue($"rotation {rotation}: the new value");
            now.ShouldContain("\"owner\":\"payments\"");
            if (rotation % 50 == 2 && target.DemandEqualRights is { } demand)
                await demand("app", "app" + target.Engine.CloneSuffix, Cancel);
        }
    }

    /// <summary>Named once: naming the function enables rotation anew, which pins and walks all hops again.</summary>
    private static string? FunctionOfFirst(CampaignTarget target, int rotation) => rotation == 1 ? target.FunctionArn : null;

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
