using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Extensions;

/// <summary>ListRotations: what operators see of all rotations, and what of it needs attention.</summary>
public sealed class ListRotationsTests
{
    private static readonly object Daily = new { ScheduleExpression = "rate(1 day)", Duration = "4h" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SecretThatNeverRotates_IsNotListed()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        (await ListAsync(scene)).Json["Rotations"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task RotationThatSucceeded_IsWell()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, Daily);
        await scene.UntilIdleAsync(Cancel);
        var entry = await EntryAsync(scene);
        entry["Name"]!.GetValue<string>().ShouldBe("db");
        entry["State"]!.GetValue<string>().ShouldBe("Idle");
        entry["Function"]!.GetValue<string>().ShouldBe("SecretsManagerRDSMariaDBRotationSingleUser");
        entry["LastEvent"]!.GetValue<string>().ShouldBe("RotationSucceeded");
        entry["NextRotationDate"].ShouldNotBeNull();
        entry["OverdueSince"].ShouldBeNull();
        ProblemsOf(entry).ShouldBeEmpty();
    }

    [Fact]
    public async Task RotationThatIsGivenUp_IsParked()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        for (var i = 0; i < 2; i++) scene.Target.FailSetSecret(FailureCause.Privilege);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["State"]!.GetValue<string>() == "Parked", Cancel);
        var entry = await EntryAsync(scene);
        ProblemsOf(entry).ShouldBe(["Parked"]);
        entry["Cause"]!.GetValue<string>().ShouldBe("Privilege");
        entry["CauseMessage"]!.GetValue<string>().ShouldBe("scripted Privilege");
    }

    [Fact]
    public async Task RotationThatIsTriedAgain_IsFailing()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        scene.Target.RefuseSetSecret(FailureCause.Network);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["Cause"] is not null, Cancel);
        ProblemsOf(await EntryAsync(scene)).ShouldBe(["Failing"]);
    }

    [Fact]
    public async Task WindowThatPassed_IsOverdue_UntilARotationSucceeds()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel, Daily, immediately: false);
        await scene.UntilIdleAsync(Cancel);
        ProblemsOf(await EntryAsync(scene)).ShouldBeEmpty();
        // The machine slept over the whole window; the server has not noticed yet.
        scene.Server.Clock.JumpTo(scene.Server.Clock.GetUtcNow() + TimeSpan.FromDays(3));
        ProblemsOf(await EntryAsync(scene)).ShouldContain("Overdue");
        while (!RotationScene.EventsOf(await scene.ProgressAsync(Cancel)).Contains("RotationMissed"))
            scene.Server.Clock.Advance(TimeSpan.FromSeconds(10));
        var missed = await EntryAsync(scene);
        ProblemsOf(missed).ShouldBe(["Overdue"]);
        missed["OverdueSince"].ShouldNotBeNull();

        await scene.RotateAsync(Cancel, Daily);
        await scene.UntilAsync(progress => RotationScene.EventsOf(progress).Contains("RotationSucceeded"), Cancel);
        ProblemsOf(await EntryAsync(scene)).ShouldBeEmpty();
    }

    [Fact]
    public async Task UpkeepThatFailedOrFoundDrift_IsShown()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);
        var arn = (await EntryAsync(scene))["ARN"]!.GetValue<string>();
        await WriteUpkeepAsync(scene, arn, "Heartbeat", "Drifted", cause: null, "SELECT on shop.orders");
        ProblemsOf(await EntryAsync(scene)).ShouldBe(["Drifted"]);
        await WriteUpkeepAsync(scene, arn, "Retire", "Failed", "Network", "no answer");
        var entry = await EntryAsync(scene);
        ProblemsOf(entry).ShouldBe(["UpkeepFailing", "Drifted"]);
        entry["Upkeep"]![0]!["Outcome"]!.GetValue<string>().ShouldBe("Drifted");
        entry["Upkeep"]![1]!["CauseMessage"]!.GetValue<string>().ShouldBe("no answer");
    }

    [Fact]
    public async Task Pages_NameEachSecretOnce()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        var names = Enumerable.Range(0, 7).Select(number => $"many/{number}").ToList();
        foreach (var name in names)
        {
            await scene.OkAsync("CreateSecret", new { Name = name, ClientRequestToken = RotationScene.FirstVersion }, Cancel);
            await scene.OkAsync(
                "RotateSecret",
                new
                {
                    SecretId = name,
                    ClientRequestToken = RotationScene.Token,
                    RotationLambdaARN = RotationScene.FunctionArn,
                    RotateImmediately = false,
                },
                Cancel);
        }
        var found = new List<string>();
        string? token = null;
        do
        {
            var page = await ListAsync(scene, new { MaxResults = 3, NextToken = token });
            page.Json["Rotations"]!.AsArray().Count.ShouldBeInRange(1, 3);
            found.AddRange(page.Json["Rotations"]!.AsArray().Select(entry => entry!["Name"]!.GetValue<string>()));
            token = page.Json["NextToken"]?.GetValue<string>();
        }
        while (token is not null);
        found.ShouldBe(names);
    }

    [Fact]
    public async Task TokenOfAnotherOperation_IsRefused()
    {
        await using var scene = await RotationScene.StartAsync(Cancel);
        await scene.OkAsync("CreateSecret", new { Name = "other", ClientRequestToken = RotationScene.FirstVersion }, Cancel);
        var foreign = (await scene.OkAsync("ListSecrets", new { MaxResults = 1 }, Cancel))["NextToken"]!.GetValue<string>();
        (await ListAsync(scene, new { NextToken = foreign })).ErrorCode.ShouldBe("InvalidNextTokenException");
    }

    private static Task<Answer> ListAsync(RotationScene scene, object? request = null) =>
        scene.Server.CallRekeyAsync("ListRotations", request ?? new { }, Cancel);

    private static async Task<JsonNode> EntryAsync(RotationScene scene)
    {
        var answer = await ListAsync(scene);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Json["Rotations"]!.AsArray().ShouldHaveSingleItem()!;
    }

    private static string[] ProblemsOf(JsonNode entry) =>
        [.. entry["Problems"]!.AsArray().Select(problem => problem!.GetValue<string>())];

    private static Task<int> WriteUpkeepAsync(
        RotationScene scene, string arn, string kind, string outcome, string? cause, string message) =>
        scene.Server.Services.GetRequiredService<IDatabase>().WriteAsync(
            session => session.Execute(
                "INSERT INTO rotation_upkeep (arn, kind, due_at, attempt, fence, outcome, ended_at, cause, cause_message) "
                + "VALUES (@arn, @kind, @due, 0, 1, @outcome, @ended, @cause, @message)",
                ("arn", arn), ("kind", kind), ("due", scene.Server.Clock.GetUtcNow().AddDays(300)), ("outcome", outcome),
                ("ended", scene.Server.Clock.GetUtcNow()), ("cause", cause), ("message", message)),
            Cancel);
}
