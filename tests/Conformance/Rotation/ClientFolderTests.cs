using Rekey.Conformance.Rotation.Campaign;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation;

/// <summary>
/// What the client of MySQL must find as files lies in the data directory, whatever that is called: a server that is killed leaves
/// nothing of it elsewhere.
/// </summary>
public sealed class ClientFolderTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.MariaDb)]
    [InlineData(DatabaseKind.MySql9)]
    public async Task KilledServer_LeavesNoFolderOfPluginsBehind(DatabaseKind kind)
    {
        await using var database = await RotatedDatabase.StartAsync(kind, Strategy.SingleUser);
        var target = database.Target;
        await target.CreateUser("app", CampaignTarget.FirstPassword, Cancel);
        var place = Directory.CreateTempSubdirectory("rekey-folders-").FullName;
        try
        {
            var temporary = Directory.CreateDirectory(Path.Combine(place, "temporary")).FullName;
            var data = Path.Combine(place, "données {1;2}");
            var environment = new Dictionary<string, string>(CampaignServer.Environment(target)) { ["TMPDIR"] = temporary };
            await using (var server = await ServerProcess.StartAsync(data, Cancel, environment))
            {
                await CampaignServer.CreateSecretsAsync(server, target, "db", "app", Cancel);
                await CampaignServer.RotateAsync(server, target, "db", Cancel);
                await server.KillAsync();
            }
            // The runtime's own sockets and pipes stay, too; they are files.
            Directory.EnumerateDirectories(temporary).ShouldBeEmpty();
            Directory.EnumerateDirectories(data).Select(Path.GetFileName).ShouldBe(["mysql-plugins"]);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }
}
