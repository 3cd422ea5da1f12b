using System.Security.Cryptography;
using Rekey.Conformance.Engines;
using Rekey.Conformance.Rotation.Campaign;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>
/// The connection to the database breaks at every message of a rotation: before the server gets it, and after, so that its answer is lost.
/// </summary>
internal static class ConnectionCuts
{
    /// <summary>Attempts after which a rotation must have ended by itself.</summary>
    private const int AttemptsMax = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="every">1 cuts at every message, 2 at every second one, ...; it begins at any of the first ones.</param>
    public static async Task RunAsync(CampaignTarget direct, TcpProxy.Cut cut, int every)
    {
        const int Never = int.MaxValue;
        var (seen, armed) = (0, Never);
        await using var proxy = new TcpProxy(_ => direct.Port, (_, _) =>
            Interlocked.Increment(ref seen) == Volatile.Read(ref armed) ? cut : TcpProxy.Cut.None);
        var target = direct.Through(proxy.Port);
        var directory = Directory.CreateTempSubdirectory("rekey-cuts-").FullName;
        try
        {
            await using var server = await ServerProcess.StartAsync(directory, Cancel, Impatient(target));
            var cutAt = 1 + RandomNumberGenerator.GetInt32(every);
            for (var wasCut = true; wasCut; cutAt += every)
            {
                var name = $"u{cutAt}";
                await target.CreateUser(name, CampaignTarget.FirstPassword, Cancel);
                await CampaignServer.CreateSecretsAsync(server, target, name, name, Cancel);
                Interlocked.Exchange(ref seen, 0);
                Volatile.Write(ref armed, cutAt);
                await CampaignServer.RotateAsync(server, target, name, Cancel);
                wasCut = Volatile.Read(ref seen) >= cutAt;
                // The test's own logins are not to be cut.
                Volatile.Write(ref armed, Never);
                await Convergence.DemandAsync(server, target, name, CampaignServer.TokenOf(1), AttemptsMax, $"{cut} at message {cutAt}");
            }
            cutAt.ShouldBeGreaterThan(5, "the rotation must have been cut at several places");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Settings of a server that tries again at once.</summary>
    public static Dictionary<string, string> Impatient(CampaignTarget target) => new(CampaignServer.Environment(target))
    {
        ["Rekey__Rotation__RetryDelaySeconds"] = "0.1",
        ["Rekey__Rotation__UrgentRetryDelaySeconds"] = "0.05",
    };
}
