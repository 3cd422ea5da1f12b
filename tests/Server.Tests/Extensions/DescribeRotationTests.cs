using System.Text.Json.Nodes;
using Rekey.Server.Rotation;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Extensions;

/// <summary>What DescribeRotation tells of each event: point 8's step, duration, cause, codes, label moves and gap.</summary>
public sealed class DescribeRotationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Success_TellsDurationGapAndLabelMoves()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.HoldTestSecret = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Target.SetReport = new StepReport(RefusedSince: scene.Server.Clock.GetUtcNow());
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["Step"]?.GetValue<string>() == "testSecret", Cancel);
        scene.Server.Clock.Advance(TimeSpan.FromSeconds(3));
        scene.Target.HoldTestSecret.SetResult();
        var progress = await scene.UntilIdleAsync(Cancel);

        var tested = EventOf(progress, "StepSucceeded", "testSecret");
        tested["DurationMilliseconds"]!.GetValue<long>().ShouldBe(3000);
        var ended = EventOf(progress, "RotationSucceeded", step: null);
        ended["DurationMilliseconds"]!.GetValue<long>().ShouldBe(3000);
        ended["GapMilliseconds"]!.GetValue<long>().ShouldBe(3000);
        ended["LabelMoves"]!.ToJsonString().ShouldBe(
            $$"""
            [{"From":"{{RotationScene.FirstVersion}}","Label":"AWSCURRENT","To":"{{RotationScene.Token}}"},
            """.Trim() + $$"""{"From":"{{RotationScene.Token}}","Label":"AWSPENDING"}]""");
        EventOf(progress, "RotationStarted", step: null)["LabelMoves"]!.ToJsonString()
            .ShouldBe($$"""[{"Label":"AWSPENDING","To":"{{RotationScene.Token}}"}]""");
    }

    [Fact]
    public async Task FailedStep_TellsWhatTheServerSaid()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.FailSetSecretWith(new Rekey.Rotators.RotatorException(
            Rekey.Rotators.FailureCause.Unavailable, "too many connections", "08004", "1040"));
        await scene.RotateAsync(Cancel);
        var progress = await scene.UntilAsync(progress => RotationScene.EventsOf(progress).Contains("StepFailed"), Cancel);
        var failed = EventOf(progress, "StepFailed", "setSecret");
        failed["Cause"]!.GetValue<string>().ShouldBe("Unavailable");
        failed["SqlState"]!.GetValue<string>().ShouldBe("08004");
        failed["NativeCode"]!.GetValue<string>().ShouldBe("1040");
        failed["Attempt"]!.GetValue<int>().ShouldBe(1);
    }

    private static JsonNode EventOf(JsonNode progress, string name, string? step) => progress["Events"]!.AsArray().Single(
        entry => entry!["Event"]!.GetValue<string>() == name && (step is null || entry["Step"]?.GetValue<string>() == step))!;
}
