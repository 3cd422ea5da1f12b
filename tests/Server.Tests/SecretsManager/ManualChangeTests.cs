using System.Text.Json.Nodes;
using Rekey.Rotators;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>What changes by hand do to a rotation and its schedule.</summary>
public sealed class ManualChangeTests
{
    private const string NewToken = "00000000-0000-0000-0000-000000000009";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("PutSecretValue")]
    [InlineData("UpdateSecret")]
    public async Task NewValueDuringARotation_AbandonsIt(string operation)
    {
        await using var scene = await WaitingAsync();
        await scene.OkAsync(operation, new { SecretId = "db", SecretString = "by hand", ClientRequestToken = NewToken }, Stop);
        RotationScene.EventsOf(await scene.UntilIdleAsync(Stop)).Last().ShouldBe("RotationAbandoned");
        var labels = await scene.LabelsAsync(Stop);
        labels[NewToken].ShouldBe(["AWSCURRENT"]);
        labels[RotationScene.FirstVersion].ShouldBe(["AWSPREVIOUS"]);
        labels.Count.ShouldBe(2);
    }

    [Fact]
    public async Task CurrentMovedDuringARotation_AbandonsIt()
    {
        await using var scene = await WaitingAsync();
        await scene.OkAsync("UpdateSecretVersionStage", new
        {
            SecretId = "db",
            VersionStage = "AWSCURRENT",
            RemoveFromVersionId = RotationScene.FirstVersion,
            MoveToVersionId = RotationScene.Token,
        }, Stop);
        RotationScene.EventsOf(await scene.UntilIdleAsync(Stop)).Last().ShouldBe("RotationAbandoned");
        (await scene.LabelsAsync(Stop))[RotationScene.Token].ShouldBe(["AWSPENDING", "AWSCURRENT"]);
    }

    [Fact]
    public async Task OtherChangesDuringARotation_LeaveItAlone()
    {
        await using var scene = await WaitingAsync();
        await scene.OkAsync("UpdateSecret", new { SecretId = "db", Description = "d", ClientRequestToken = NewToken }, Stop);
        await scene.OkAsync("TagResource", new { SecretId = "db", Tags = new[] { new { Key = "k", Value = "v" } } }, Stop);
        await scene.OkAsync(
            "UpdateSecretVersionStage", new { SecretId = "db", VersionStage = "L", MoveToVersionId = RotationScene.FirstVersion }, Stop);
        await scene.OkAsync(
            "PutSecretValue",
            new { SecretId = "db", SecretString = "aside", ClientRequestToken = NewToken, VersionStages = new[] { "ASIDE" } }, Stop);
        (await scene.ProgressAsync(Stop))["VersionId"]!.GetValue<string>().ShouldBe(RotationScene.Token);
    }

    [Fact]
    public async Task NewValue_CountsAsARotationForTheDays()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.RotateAsync(Stop, new { AutomaticallyAfterDays = 10 });
        await scene.UntilIdleAsync(Stop);
        NextRotation(await scene.DescribeAsync(Stop)).ShouldBe(new DateTimeOffset(2026, 3, 12, 23, 59, 59, TimeSpan.Zero));

        scene.Server.Clock.Advance(TimeSpan.FromDays(3));
        await scene.OkAsync("PutSecretValue", new { SecretId = "db", SecretString = "by hand", ClientRequestToken = NewToken }, Stop);
        NextRotation(await scene.DescribeAsync(Stop)).ShouldBe(new DateTimeOffset(2026, 3, 15, 23, 59, 59, TimeSpan.Zero));
    }

    [Fact]
    public async Task ValueThatDoesNotBecomeCurrent_CountsForNothing()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.RotateAsync(Stop, new { AutomaticallyAfterDays = 10 });
        await scene.UntilIdleAsync(Stop);
        scene.Server.Clock.Advance(TimeSpan.FromDays(3));
        await scene.OkAsync(
            "PutSecretValue",
            new { SecretId = "db", SecretString = "s", ClientRequestToken = NewToken, VersionStages = new[] { "L" } }, Stop);
        NextRotation(await scene.DescribeAsync(Stop)).ShouldBe(new DateTimeOffset(2026, 3, 12, 23, 59, 59, TimeSpan.Zero));
    }

    [Fact]
    public async Task Deletion_SwitchesRotationOffAndRestoreLeavesItOff()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.RotateAsync(Stop, new { AutomaticallyAfterDays = 10 });
        await scene.UntilIdleAsync(Stop);
        await scene.OkAsync("DeleteSecret", new { SecretId = "db" }, Stop);
        foreach (var isRestored in new[] { false, true })
        {
            if (isRestored) await scene.OkAsync("RestoreSecret", new { SecretId = "db" }, Stop);
            var described = await scene.DescribeAsync(Stop);
            described["RotationEnabled"]!.GetValue<bool>().ShouldBeFalse();
            described["NextRotationDate"].ShouldBeNull();
            described["RotationLambdaARN"]!.GetValue<string>().ShouldBe(RotationScene.FunctionArn);
            described["RotationRules"]!.ToJsonString().ShouldBe("""{"AutomaticallyAfterDays":10}""");
        }
    }

    [Fact]
    public async Task DeletionDuringARotationThatMayHaveReachedTheTarget_LetsItEnd()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        scene.Target.HoldSetSecret = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await scene.RotateAsync(Stop);
        while (!scene.Target.Steps.Any(step => step.Step == "setSecret")) await Task.Delay(TimeSpan.FromMilliseconds(5), Stop);
        await scene.OkAsync("DeleteSecret", new { SecretId = "db" }, Stop);
        scene.Target.HoldSetSecret.SetResult();
        await scene.UntilIdleAsync(Stop);
        await scene.OkAsync("RestoreSecret", new { SecretId = "db" }, Stop);
        (await scene.LabelsAsync(Stop))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
    }

    /// <summary>A rotation between two attempts: its pending version has a value.</summary>
    private static async Task<RotationScene> WaitingAsync()
    {
        var scene = await RotationScene.StartAsync(Stop);
        scene.Target.FailSetSecret(FailureCause.Network);
        await scene.RotateAsync(Stop);
        await scene.UntilAsync(progress => progress["Cause"] is not null, Stop);
        return scene;
    }

    private static DateTimeOffset NextRotation(JsonNode described) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)(described["NextRotationDate"]!.GetValue<decimal>() * 1000));
}
