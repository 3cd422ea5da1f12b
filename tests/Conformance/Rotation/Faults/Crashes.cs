using Rekey.Conformance.Rotation.Campaign;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>Rotations of which each is killed with SIGKILL at one fault point, and taken up again by a new process.</summary>
internal static class Crashes
{
    private const int AttemptsMax = 3;

    /// <summary>In the order in which a rotation reaches them.</summary>
    private static readonly string[] s_points =
    [
        "rotation.reserved-in-transaction",
        "createSecret.intended", "createSecret.generated", "createSecret.stored", "createSecret.done",
        "setSecret.intended", "setSecret.before-change", "setSecret.after-change", "setSecret.done",
        "testSecret.intended", "testSecret.done",
        "finishSecret.intended", "finishSecret.moved", "finishSecret.done",
        "settle.before", "settle.after",
    ];

    /// <summary>Around the making of a clone.</summary>
    private static readonly string[] s_clonePoints = ["setSecret.before-create", "setSecret.after-create"];

    /// <summary>Between that and its password.</summary>
    private static readonly string[] s_rightsPoints = ["setSecret.before-rights", "setSecret.after-rights"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task RunAsync(CampaignTarget target)
    {
        string[] ofPairs = target.DemandEqualRights is null ? []
            : target.MakesClonesWithRights ? s_clonePoints
            : [.. s_clonePoints, .. s_rightsPoints];
        var directory = Directory.CreateTempSubdirectory("rekey-crash-").FullName;
        try
        {
            foreach (var (index, point) in s_points.Concat(ofPairs).Index())
            {
                var name = $"app{index}";
                await target.CreateUser(name, CampaignTarget.FirstPassword, Cancel);
                var first = await CrashAsync(target, directory, point, name);
                await DemandRecoverableAsync(target, directory, point, name);
                await RestartAsync(target, directory, point, name, first);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<string> CrashAsync(CampaignTarget target, string directory, string point, string name)
    {
        var environment = new Dictionary<string, string>(CampaignServer.Environment(target)) { [ServerProcess.KillAt] = point };
        await using var doomed = await ServerProcess.StartAsync(directory, Cancel, environment);
        var first = await CampaignServer.CreateSecretsAsync(doomed, target, name, name, Cancel);
        try
        {
            await doomed.CallAsync(
                "RotateSecret",
                new { SecretId = name, ClientRequestToken = CampaignServer.TokenOf(1), RotationLambdaARN = target.FunctionArn }, Cancel);
            await doomed.UntilIdleAsync(name, Cancel);
        }
        catch (HttpRequestException)
        {
            // It died before it could answer.
        }
        await doomed.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Cancel);
        return first;
    }

    private static async Task DemandRecoverableAsync(CampaignTarget target, string directory, string point, string name)
    {
        var live = new List<string>();
        var stored = await StoredValues.ReadAsync(directory, name);
        foreach (var (versionId, value) in stored.Versions)
            if (await target.LogsInAsync(value, Cancel)) live.Add(versionId);
        live.ShouldNotBeEmpty($"{point}: a stored version logs in at the moment of death");
        if (target.IsGapless) live.ShouldContain(stored.CurrentId, $"{point}: AWSCURRENT logs in at the moment of death");
        else live.Count.ShouldBe(1, $"{point}: one stored version logs in at the moment of death");
    }

    private static async Task RestartAsync(CampaignTarget target, string directory, string point, string name, string first)
    {
        await using var restarted = await ServerProcess.StartAsync(directory, Cancel, CampaignServer.Environment(target));
        await restarted.UntilIdleAsync(name, Cancel);
        if (point == "rotation.reserved-in-transaction")
        {
            // A crash inside the transaction that would have reserved the rotation: the call was never acknowledged, nothing is left of it.
            var described = await restarted.OkAsync("DescribeSecret", new { SecretId = name }, Cancel);
            described["VersionIdsToStages"]!.AsObject().Count.ShouldBe(1);
            described["LastRotatedDate"].ShouldBeNull();
            (await target.LogsInAsync(first, Cancel)).ShouldBeTrue();
            return;
        }
        await Convergence.DemandAsync(restarted, target, name, CampaignServer.TokenOf(1), AttemptsMax, point);
        // The old password lives on exactly where the strategy lets it: until the grace is over, or until its user's next turn.
        (await target.LogsInAsync(first, Cancel)).ShouldBe(target.IsGapless, $"{point}: the old password");
    }
}
