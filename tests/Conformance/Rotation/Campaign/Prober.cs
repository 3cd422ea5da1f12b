using System.Diagnostics;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>
/// An application that reads AWSCURRENT and opens a new connection with it every 20 ms. A refusal counts unless the value was no longer
/// AWSCURRENT or AWSPREVIOUS by then: an application that slept through two rotations has to read again.
/// </summary>
internal sealed class Prober(ServerProcess server, CampaignTarget target, string secretId)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(20);

    public int Logins { get; private set; }

    /// <summary>Refused logins, told with the version that was used.</summary>
    public List<string> Refused { get; } = [];

    /// <summary>The longest time between two logins that succeeded with a refused one between them.</summary>
    public TimeSpan LongestGap { get; private set; }

    public async Task RunAsync(CancellationToken until)
    {
        var lastSuccess = Stopwatch.GetTimestamp();
        while (!until.IsCancellationRequested)
        {
            var read = await server.OkAsync("GetSecretValue", new { SecretId = secretId }, CancellationToken.None);
            var wasRefused = !await target.LogsInAsync(read["SecretString"]!.GetValue<string>(), CancellationToken.None);
            Logins++;
            if (wasRefused)
            {
                var versionId = read["VersionId"]!.GetValue<string>();
                if (await IsInUseAsync(versionId)) Refused.Add($"login {Logins} with version {versionId}");
            }
            else
            {
                var gap = Stopwatch.GetElapsedTime(lastSuccess);
                if (_refusedSince && gap > LongestGap) LongestGap = gap;
                lastSuccess = Stopwatch.GetTimestamp();
            }
            _refusedSince = wasRefused;
            await Task.Delay(s_interval, TimeProvider.System, CancellationToken.None);
        }
    }

    private bool _refusedSince;

    private async Task<bool> IsInUseAsync(string versionId)
    {
        var described = await server.OkAsync("DescribeSecret", new { SecretId = secretId }, CancellationToken.None);
        var labels = described["VersionIdsToStages"]![versionId]?.ToJsonString() ?? "";
        return target.IsGapless
            ? labels.Contains("AWSCURRENT", StringComparison.Ordinal) || labels.Contains("AWSPREVIOUS", StringComparison.Ordinal)
            : labels.Contains("AWSCURRENT", StringComparison.Ordinal);
    }
}
