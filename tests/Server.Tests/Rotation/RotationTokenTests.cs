using System.Text.Json.Nodes;
using Rekey.Rotators;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>The RotationToken: who shows it to PutSecretValue acts for the rotation in progress.</summary>
public sealed class RotationTokenTests
{
    private const string OtherToken = "00000000-0000-0000-0000-000000000003";
    private const string Mismatch = "The RotationToken isn't the token of the rotation in progress for this version.";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryStepOfARotation_HasItsTokenAndTheNextRotationAnother()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.RotateAsync(Stop);
        await scene.UntilIdleAsync(Stop);
        scene.Target.Steps.Count.ShouldBe(4);
        var first = scene.Target.RotationTokens.Distinct().Single();
        // A random UUID, within the model's length and pattern.
        Guid.Parse(first).Version.ShouldBe(4);
        first.ShouldMatch("^[a-z0-9-]{36}$");

        scene.Target.RotationTokens.Clear();
        await scene.RotateAsync(Stop, token: OtherToken);
        await scene.UntilIdleAsync(Stop);
        scene.Target.RotationTokens.Distinct().Single().ShouldNotBe(first);
    }

    [Fact]
    public async Task RetryAfterARestart_HasTheSameToken()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-rotation-").FullName;
        try
        {
            var options = new TestServerOptions { DataDirectory = directory, Clock = new ManualClock() };
            string[] before;
            await using (var first = await RotationScene.StartAsync(Stop, options))
            {
                await first.OkAsync(
                    "CreateSecret", new { Name = "db", ClientRequestToken = RotationScene.FirstVersion, SecretString = "first" }, Stop);
                first.Target.FailSetSecret(FailureCause.Network);
                await first.RotateAsync(Stop);
                await first.UntilAsync(progress => RotationScene.EventsOf(progress).Contains("StepFailed"), Stop);
                before = [.. first.Target.RotationTokens];
            }
            await using var second = await RotationScene.StartAsync(Stop, options);
            // The clock moves at each look: the scheduler may just be counting how long it will sleep.
            await second.UntilAsync(
                progress =>
                {
                    options.Clock.Advance(TimeSpan.FromSeconds(10));
                    return progress["State"]!.GetValue<string>() == "Idle";
                },
                Stop);
            second.Target.Steps.Count.ShouldBe(4);
            second.Target.RotationTokens.Concat(before).Distinct().Count().ShouldBe(1);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task ValueOfAFunction_IsTakenWithTheTokenAndBecomesCurrent()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var token = await HoldAsync(scene);
        var request = Put(token);
        for (var repeat = 0; repeat < 2; repeat++)
        {
            var answer = await scene.OkAsync("PutSecretValue", request, Stop);
            (answer["VersionId"]!.GetValue<string>(), answer["VersionStages"]!.ToJsonString())
                .ShouldBe((RotationScene.Token, """["AWSPENDING"]"""));
        }
        scene.Target.HoldCreateSecret!.SetResult();
        await scene.UntilIdleAsync(Stop);
        (await scene.OkAsync("GetSecretValue", new { SecretId = "db" }, Stop))["SecretString"]!.GetValue<string>().ShouldBe("by function");
    }

    [Fact]
    public async Task TokenOfAnotherRotation_IsRefused()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.OkAsync(
            "CreateSecret", new { Name = "other", ClientRequestToken = RotationScene.FirstVersion, SecretString = "first" }, Stop);
        await scene.RotateAsync(Stop, token: OtherToken);
        await scene.UntilIdleAsync(Stop);
        var old = scene.Target.RotationTokens.First();
        scene.Target.RotationTokens.Clear();

        var token = await HoldAsync(scene);
        foreach (var request in new object[]
        {
            Put(old),
            Put(Guid.Empty.ToString()),
            Put(token.ToUpperInvariant()),
            Put(token + "0"),
            // Its version only, and its secret only.
            Put(token, versionId: "00000000-0000-0000-0000-000000000009"),
            Put(token, versionId: OtherToken),
            Put(token, versionId: RotationScene.FirstVersion),
            Put(token, secretId: "other"),
            Put(token, secretId: "other", versionId: RotationScene.FirstVersion),
        }) await RefuseAsync(scene, request);
        (await scene.OkAsync("DescribeSecret", new { SecretId = "other" }, Stop))["VersionIdsToStages"]!.AsObject().Count.ShouldBe(1);

        scene.Target.HoldCreateSecret!.SetResult();
        await scene.UntilIdleAsync(Stop);
        (await scene.OkAsync("GetSecretValue", new { SecretId = "db" }, Stop))["SecretString"]!.GetValue<string>()
            .ShouldBe($"rotated {RotationScene.Token}");
        // It has ended.
        await RefuseAsync(scene, Put(token));
        await RefuseAsync(scene, Put(token, versionId: "00000000-0000-0000-0000-000000000009"));
    }

    [Fact]
    public async Task TokenOfARotationThatWasAbandoned_IsRefused()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var token = await HoldAsync(scene);
        await scene.OkAsync("PutSecretValue", new { SecretId = "db", ClientRequestToken = OtherToken, SecretString = "by hand" }, Stop);
        await RefuseAsync(scene, Put(token));
        scene.Target.HoldCreateSecret!.SetResult();
    }

    [Fact]
    public async Task TokenOfATest_IsAnotherOne()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.RotateAsync(Stop, immediately: false);
        await scene.UntilIdleAsync(Stop);
        scene.Target.Steps.Single().Step.ShouldBe("testSecret");
        await RefuseAsync(scene, Put(scene.Target.RotationTokens.Single()));
    }

    [Fact]
    public async Task Token_IsInNoLogRecordFileOrAnswer()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var token = await HoldAsync(scene);
        await RefuseAsync(scene, Put(token, secretId: "db", versionId: OtherToken));
        var answers = new List<JsonNode>
        {
            await scene.OkAsync("PutSecretValue", Put(token), Stop),
            await scene.DescribeAsync(Stop),
            await scene.ProgressAsync(Stop),
            await scene.OkAsync("ListSecretVersionIds", new { SecretId = "db", IncludeDeprecated = true }, Stop),
            await scene.OkAsync("ListSecrets", new { }, Stop),
        };
        answers.ShouldAllBe(answer => !answer.ToJsonString().Contains(token));
        var canary = new Canary();
        canary.Watch(token);
        (await canary.FindLeaksAsync(scene.Server, Stop)).ShouldBeEmpty();
        scene.Target.HoldCreateSecret!.SetResult();
        await scene.UntilIdleAsync(Stop);
        (await canary.FindLeaksAsync(scene.Server, Stop)).ShouldBeEmpty();
    }

    /// <summary>Starts a rotation and keeps it in createSecret; its RotationToken.</summary>
    private static async Task<string> HoldAsync(RotationScene scene)
    {
        scene.Target.HoldCreateSecret = new TaskCompletionSource();
        await scene.RotateAsync(Stop);
        await scene.UntilAsync(_ => !scene.Target.RotationTokens.IsEmpty, Stop);
        return scene.Target.RotationTokens.Single();
    }

    private static object Put(string rotationToken, string secretId = "db", string versionId = RotationScene.Token) => new
    {
        SecretId = secretId,
        ClientRequestToken = versionId,
        SecretString = "by function",
        VersionStages = new[] { "AWSPENDING" },
        RotationToken = rotationToken,
    };

    private static async Task RefuseAsync(RotationScene scene, object request)
    {
        var answer = await scene.Server.CallAsync("PutSecretValue", request, Stop);
        ((int)answer.Status, answer.ErrorCode, answer.ErrorMessage).ShouldBe((400, "InvalidRequestException", Mismatch));
    }
}
