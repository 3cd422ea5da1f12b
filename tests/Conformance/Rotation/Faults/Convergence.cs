using Rekey.Conformance.Rotation.Campaign;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>What must be true once a rotation that met a fault has ended by itself.</summary>
internal static class Convergence
{
    /// <summary>
    /// The new version is AWSCURRENT and logs in, no AWSPENDING is left, the attempts were few, and the pair's rights are equal.
    /// </summary>
    public static async Task DemandAsync(
        ServerProcess server, CampaignTarget target, string name, string token, int attemptsMax, string where)
    {
        var cancel = TestContext.Current.CancellationToken;
        var described = await server.OkAsync("DescribeSecret", new { SecretId = name }, cancel);
        var labels = described["VersionIdsToStages"]!;
        labels[token]!.ToJsonString().ShouldBe("""["AWSCURRENT"]""", where);
        labels.ToJsonString().ShouldNotContain("AWSPENDING", customMessage: where);

        var current = (await server.OkAsync("GetSecretValue", new { SecretId = name }, cancel))["SecretString"]!.GetValue<string>();
        (await target.LogsInAsync(current, cancel)).ShouldBeTrue($"{where}: AWSCURRENT logs in");
        if (target.DemandEqualRights is { } demand) await demand(name, name + target.Engine.CloneSuffix, cancel);

        var progress = await server.RekeyAsync("DescribeRotation", new { SecretId = name }, cancel);
        progress["Events"]!.AsArray().Max(entry => entry!["Attempt"]!.GetValue<int>())
            .ShouldBeLessThanOrEqualTo(attemptsMax, $"{where}: {progress["Events"]!.ToJsonString()}");
    }
}
