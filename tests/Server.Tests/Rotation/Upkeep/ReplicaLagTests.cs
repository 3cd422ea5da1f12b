using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Replication;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Settings;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Replication;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>Applications in another region read the secret's replica there, which is told of a rotation after it.</summary>
public sealed class ReplicaLagTests
{
    private const string West = ReplicationScene.West;

    private static readonly TimeSpan s_grace = RotationSettings.Default.Grace;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task W30_OldPassword_LogsInUntilTheReplicaHasTheNewOne()
    {
        await using var scene = await StartAsync();
        var line = Line(scene);
        line.IsDown = true;
        await scene.RotateAsync(Cancel);
        var current = await scene.CurrentPasswordAsync(Cancel);
        await scene.PassAsync(s_grace + TimeSpan.FromHours(2), Cancel);
        (await PasswordAsync(scene)).ShouldBe("one", "the line to the region is broken");
        scene.Target["app"].Passwords.ShouldBe(["one", current], ignoreOrder: true);
        scene.Task(UpkeepKind.Retire)!.CauseMessage!.ShouldContain("replica");
        scene.Count(RotationEventName.RetireStarted).ShouldBe(0);

        line.IsDown = false;
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.RetireSucceeded) == 1, Cancel);
        (await PasswordAsync(scene)).ShouldBe(current);
        scene.Target["app"].Passwords.ShouldBe([current]);
    }

    [Fact]
    public async Task W30_RegionThatStaysAway_IsWaitedForADay()
    {
        await using var scene = await StartAsync();
        Line(scene).IsDown = true;
        await scene.RotateAsync(Cancel);
        await scene.PassAsync(s_grace + TimeSpan.FromHours(23), Cancel);
        scene.Target["app"].Passwords.Count.ShouldBe(2);
        await scene.PassAsync(TimeSpan.FromHours(2), Cancel);
        scene.Target["app"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
    }

    [Fact]
    public async Task RegionThatRefusesTheReplica_IsNotWaitedFor()
    {
        await using var scene = await StartAsync(replicates: false);
        var other = new { Name = "db", SecretString = "another", ClientRequestToken = UpkeepScene.FirstVersion };
        (await scene.Server.CallInAsync(West, "CreateSecret", other, Cancel)).IsSuccess.ShouldBeTrue();
        await ReplicateAsync(scene);
        await scene.RotateAsync(Cancel);
        var rotated = scene.Server.Clock.GetUtcNow();
        await scene.AdvanceUntilAsync(() => scene.Target["app"].Passwords.Count == 1, Cancel);
        scene.Target["app"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
        (scene.Server.Clock.GetUtcNow() - rotated).ShouldBeLessThan(s_grace + TimeSpan.FromHours(3));
    }

    private static async Task<UpkeepScene> StartAsync(bool replicates = true)
    {
        var scene = await UpkeepScene.StartAsync(Cancel, new TestServerOptions
        {
            Settings = new Dictionary<string, string?> { [RegionOptions.RegionsKey] = West },
            Services = ScriptedTransport.Install,
        });
        if (replicates) await ReplicateAsync(scene);
        return scene;
    }

    private static async Task ReplicateAsync(UpkeepScene scene)
    {
        await scene.OkAsync(
            "ReplicateSecretToRegions", new { SecretId = "db", AddReplicaRegions = new[] { new { Region = West } } }, Cancel);
        await scene.UntilAsync(() => !scene.Database.Read(session => ReplicationLinks.IsBehind(session, scene.Arn)), Cancel);
    }

    private static ScriptedTransport Line(UpkeepScene scene) =>
        (ScriptedTransport)scene.Server.Services.GetRequiredService<IReplicationTransport>();

    /// <summary>What an application in the other region logs in with.</summary>
    private static async Task<string> PasswordAsync(UpkeepScene scene)
    {
        var value = (await scene.Server.CallInAsync(West, "GetSecretValue", new { SecretId = "db" }, Cancel)).Text("SecretString");
        return JsonNode.Parse(value)!["password"]!.GetValue<string>();
    }
}
