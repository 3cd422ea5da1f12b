using System.Text.Json;
using System.Text.Json.Nodes;
using Rekey.Conformance.Rotation.Campaign;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Slots;

/// <summary>
/// Credentials that a service of another make issues, over TLS, rotated by a server that is killed with SIGKILL at each boundary: at the
/// moment of death AWSCURRENT is let in, and in the end it is the only credential.
/// </summary>
public sealed class CredentialServiceTests
{
    private const string Function = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerCredentialServiceRotation";

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("createSecret.intended")]
    [InlineData("slots.before-create")]
    [InlineData("slots.after-create")]
    [InlineData("createSecret.stored")]
    [InlineData("slots.after-store")]
    [InlineData("testSecret.done")]
    [InlineData("finishSecret.moved")]
    [InlineData("settle.before")]
    [InlineData("settle.after")]
    [InlineData("slots.before-disable")]
    [InlineData("slots.after-disable")]
    [InlineData("slots.before-delete")]
    [InlineData("slots.after-delete")]
    [InlineData("retire.ended")]
    public async Task ServiceOfAnotherMake_IsRotated_WhereverTheServerDies(string? point)
    {
        await using var service = await PythonCredentialService.StartAsync(Cancel);
        var directory = Directory.CreateTempSubdirectory("rekey-slots-").FullName;
        var settings = new Dictionary<string, string> { ["Rekey__Rotation__CaFile"] = service.CaFile };
        try
        {
            if (point is not null) await DieAsync(service, directory, settings, point);
            await using var server = await ServerProcess.StartAsync(directory, Cancel, settings);
            if (point is null) await StartAsync(server, service);
            await server.UntilIdleAsync("orders", Cancel);
            while ((await service.IdsAsync(Cancel)).Count > 1) await Task.Delay(s_poll, TimeProvider.System, Cancel);

            var value = (await server.OkAsync("GetSecretValue", new { SecretId = "orders" }, Cancel))["SecretString"]!.GetValue<string>();
            (await service.LetsInAsync(value, Cancel)).ShouldBeTrue();
            var id = JsonNode.Parse(value)!["credentialid"]!.GetValue<string>();
            id.ShouldNotBe(PythonCredentialService.FirstId);
            (await service.IdsAsync(Cancel)).ShouldBe([id]);
            var labels = (await server.OkAsync("DescribeSecret", new { SecretId = "orders" }, Cancel))["VersionIdsToStages"]!;
            labels[CampaignServer.TokenOf(1)]!.AsArray().Select(label => label!.GetValue<string>()).ShouldBe(["AWSCURRENT"]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task DieAsync(
        PythonCredentialService service, string directory, Dictionary<string, string> settings, string point)
    {
        await using var doomed = await ServerProcess.StartAsync(
            directory, Cancel, new Dictionary<string, string>(settings) { [ServerProcess.KillAt] = point });
        await StartAsync(doomed, service);
        await doomed.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel);
        var stored = await StoredValues.ReadAsync(directory, "orders");
        (await service.LetsInAsync(stored.Versions[stored.CurrentId], Cancel)).ShouldBeTrue($"{point}: AWSCURRENT at the moment of death");
        (await service.IdsAsync(Cancel)).Count.ShouldBeLessThanOrEqualTo(2);
    }

    private static async Task StartAsync(ServerProcess server, PythonCredentialService service)
    {
        await server.OkAsync(
            "CreateSecret",
            new
            {
                Name = "orders-admin",
                ClientRequestToken = CampaignServer.TokenOf(0),
                SecretString = Value(service, PythonCredentialService.Administrator, PythonCredentialService.AdministratorPassword),
            },
            Cancel);
        await server.OkAsync(
            "CreateSecret",
            new
            {
                Name = "orders",
                ClientRequestToken = CampaignServer.TokenOf(0),
                SecretString = Value(
                    service, PythonCredentialService.Principal, PythonCredentialService.FirstValue, PythonCredentialService.FirstId,
                    "orders-admin"),
            },
            Cancel);
        await server.RekeyAsync(
            "PutRotationSettings", new { SecretId = "orders", Settings = new { GraceSeconds = 0, SoakSeconds = 0 } }, Cancel);
        try
        {
            await server.CallAsync(
                "RotateSecret",
                new { SecretId = "orders", ClientRequestToken = CampaignServer.TokenOf(1), RotationLambdaARN = Function }, Cancel);
        }
        catch (HttpRequestException)
        {
            // It died before it could answer.
        }
    }

    private static string Value(
        PythonCredentialService service, string username, string password, string? credentialid = null, string? masterarn = null) =>
        JsonSerializer.Serialize(new
        {
            engine = "credential-service",
            host = PythonCredentialService.Host,
            port = service.Port,
            username,
            credentialid,
            password,
            masterarn,
        });
}
