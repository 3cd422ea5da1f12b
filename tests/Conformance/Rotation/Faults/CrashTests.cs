using Rekey.Conformance.Engines;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>
/// The server is killed with SIGKILL at each boundary of each step, on a real database. At the moment of death one of the stored versions
/// logs in; after the restart the rotation ends by itself, with nothing locked out and no AWSPENDING left.
/// </summary>
public sealed class CrashTests
{
    private const string FirstVersion = "00000000-0000-0000-0000-000000000001";
    private const string Token = "00000000-0000-0000-0000-000000000002";
    private const string FirstPassword = "First-password-0";

    /// <summary>In the order in which a rotation reaches them.</summary>
    private static readonly string[] FaultPoints =
    [
        "rotation.reserved-in-transaction",
        "createSecret.intended", "createSecret.generated", "createSecret.stored", "createSecret.done",
        "setSecret.intended", "setSecret.before-change", "setSecret.after-change", "setSecret.done",
        "testSecret.intended", "testSecret.done",
        "finishSecret.intended", "finishSecret.moved", "finishSecret.done",
        "settle.before", "settle.after",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MariaDb_ConvergesFromEveryCrash()
    {
        await using var server = await PrivateMariaDb.StartAsync(new PrivateServerSetup(), Cancel);
        await CrashEverywhereAsync(RotatedAccount.On(server));
    }

    [Fact]
    public async Task Postgres_ConvergesFromEveryCrash()
    {
        await using var server = await PrivatePostgres.StartAsync(15, Cancel);
        await CrashEverywhereAsync(RotatedAccount.On(server));
    }

    private static async Task CrashEverywhereAsync(RotatedAccount account)
    {
        var directory = Directory.CreateTempSubdirectory("rekey-crash-").FullName;
        try
        {
            foreach (var (index, point) in FaultPoints.Index())
            {
                await CrashAsync(account, directory, point, $"app{index}");
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task CrashAsync(RotatedAccount account, string directory, string point, string name)
    {
        await account.CreateAsync(name, FirstPassword, Cancel);
        var first = account.SecretString(name, FirstPassword);
        var killed = new Dictionary<string, string> { [ServerProcess.KillAt] = point };
        await using (var doomed = await ServerProcess.StartAsync(directory, Cancel, killed))
        {
            await doomed.OkAsync("CreateSecret", new { Name = name, ClientRequestToken = FirstVersion, SecretString = first }, Cancel);
            try
            {
                await doomed.CallAsync(
                    "RotateSecret", new { SecretId = name, ClientRequestToken = Token, RotationLambdaARN = account.FunctionArn }, Cancel);
            }
            catch (HttpRequestException)
            {
                // It died before it could answer.
            }
            await doomed.WaitForExitAsync(Cancel);
        }

        var live = new List<string>();
        foreach (var (versionId, value) in await StoredValues.ReadAsync(directory, name))
            if (await account.LogsInAsync(value, Cancel)) live.Add(versionId);
        live.Count.ShouldBe(1, $"{point}: one stored version logs in at the moment of death");

        await using var restarted = await ServerProcess.StartAsync(directory, Cancel);
        await restarted.UntilIdleAsync(name, Cancel);
        await DemandConvergedAsync(restarted, account, name, point, first);
    }

    private static async Task DemandConvergedAsync(ServerProcess server, RotatedAccount account, string name, string point, string first)
    {
        var described = await server.OkAsync("DescribeSecret", new { SecretId = name }, Cancel);
        var labels = described["VersionIdsToStages"]!.ToJsonString();
        // A crash inside the transaction that would have reserved the rotation: the call was never acknowledged, nothing is left of it.
        var isRotated = point != "rotation.reserved-in-transaction";
        labels.ShouldBe(
            isRotated
                ? $$"""{"{{FirstVersion}}":["AWSPREVIOUS"],"{{Token}}":["AWSCURRENT"]}"""
                : $$"""{"{{FirstVersion}}":["AWSCURRENT"]}""",
            $"{point}: labels");
        var current = (await server.OkAsync("GetSecretValue", new { SecretId = name }, Cancel))["SecretString"]!.GetValue<string>();
        (await account.LogsInAsync(current, Cancel)).ShouldBeTrue($"{point}: AWSCURRENT logs in");
        (await account.LogsInAsync(first, Cancel)).ShouldBe(!isRotated, $"{point}: the old password");
        (described["LastRotatedDate"] is not null).ShouldBe(isRotated, $"{point}: LastRotatedDate");
    }
}
