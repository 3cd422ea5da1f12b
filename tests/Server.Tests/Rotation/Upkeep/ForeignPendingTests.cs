using System.Text.Json.Nodes;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation.Upkeep;

/// <summary>W5: an AWSPENDING that a foreign function or a human left behind never holds rotation up without saying what to do.</summary>
public sealed class ForeignPendingTests
{
    private const string Foreign = "00000000-0000-0000-0000-00000000000f";
    private const string Incomplete = "A previous rotation isn't complete. That rotation will be reattempted.";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<UpkeepScene> SceneAsync(string value)
    {
        var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await PutPendingAsync(scene, value);
        return scene;
    }

    private static Task<JsonNode> PutPendingAsync(UpkeepScene scene, string value) => scene.OkAsync(
        "PutSecretValue",
        new { SecretId = "db", ClientRequestToken = Foreign, SecretString = value, VersionStages = new[] { "AWSPENDING" } }, Cancel);

    private static async Task TakeUpAsync(UpkeepScene scene)
    {
        var answer = await scene.StartRotationAsync(Cancel);
        answer.ErrorMessage.ShouldBe(Incomplete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task W5_ValueOfTheAccount_IsRotatedTo_WhetherItWasAppliedOrNot(bool isApplied)
    {
        await using var scene = await SceneAsync(UpkeepScene.Value("foreign"));
        if (isApplied) scene.Target["app"].Passwords = ["foreign"];
        await TakeUpAsync(scene);
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 1, Cancel);
        (await scene.CurrentPasswordAsync(Cancel)).ShouldBe("foreign");
        scene.Target["app"].Passwords.ShouldBe(["foreign"]);
        scene.Target.Refused.ShouldBeLessThanOrEqualTo(2);
    }

    // Not applied, AWSCURRENT was moved by hand to what the database does not have, and the version before it logs in.
    [Fact]
    public async Task W5_OnlyThePreviousVersionLogsIn_IsFoundInTheSecondAttempt()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.PutAsync("a typing error", Cancel);
        await PutPendingAsync(scene, UpkeepScene.Value("foreign"));
        await TakeUpAsync(scene);
        await scene.UntilAsync(() => scene.Rotation()?.Cause == FailureCause.Auth, Cancel);
        scene.Target.Refused.ShouldBe(2);
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 1, Cancel);
        scene.Target.Refused.ShouldBe(2);
        scene.Target["app"].Passwords.ShouldBe(["foreign"]);
        (await scene.CurrentPasswordAsync(Cancel)).ShouldBe("foreign");
    }

    [Theory]
    [InlineData("no JSON at all")]
    [InlineData("""{"engine":"postgres","host":"db","username":"app","password":"p"}""")]
    [InlineData("""{"engine":"mariadb","host":"db","username":"app"}""")]
    [InlineData("""{"engine":"mariadb","host":"db","username":"another","password":"p","ssl":false}""")]
    [InlineData("""{"engine":"mariadb","host":"elsewhere","username":"app","password":"p","ssl":false}""")]
    [InlineData("""{"engine":"mariadb","host":"db","port":3307,"username":"app","password":"p","ssl":false}""")]
    public async Task W5_ValueOfNoUse_EndsTheRotationWithARemedy(string value)
    {
        await using var scene = await SceneAsync(value);
        await TakeUpAsync(scene);
        await scene.UntilAsync(() => scene.Count(RotationEventName.RotationFailed) == 1, Cancel);
        scene.Rotation().ShouldBeNull();
        var told = scene.Entries().Single(entry => entry.Name == RotationEventName.RotationFailed);
        told.Cause.ShouldBe(FailureCause.Precondition);
        told.Message!.ShouldContain(Foreign);
        told.Message!.ShouldContain("UpdateSecretVersionStage");
        scene.Target.Done.ShouldNotContain(what => what.StartsWith("replace", StringComparison.Ordinal));
        // It may stand for a change that somebody made of the database: AWSCURRENT is verified.
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.HeartbeatSucceeded) == 1, Cancel);

        // Doing what the message says is enough.
        await scene.OkAsync(
            "UpdateSecretVersionStage",
            new { SecretId = "db", VersionStage = "AWSPENDING", RemoveFromVersionId = Foreign }, Cancel);
        await scene.RotateAsync(Cancel);
    }

    [Fact]
    public async Task W5_ValueOfNoUse_IsToldInEachWindow()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.OkAsync(
            "RotateSecret",
            new
            {
                SecretId = "db",
                ClientRequestToken = UpkeepScene.Token,
                RotationLambdaARN = UpkeepScene.SingleUser,
                RotationRules = new { ScheduleExpression = "rate(1 day)" },
            },
            Cancel);
        await scene.AdvanceUntilAsync(() => scene.Count(RotationEventName.RotationSucceeded) == 1, Cancel);
        await PutPendingAsync(scene, "no JSON at all");
        for (var day = 1; day <= 3; day++)
        {
            await scene.PassUntilDueAsync(Cancel);
            await scene.UntilAsync(() => scene.Count(RotationEventName.RotationFailed) == day, Cancel);
        }
    }

    [Fact]
    public async Task W5_ValueOfNoUseForAPair_EndsTheRotationWithARemedy()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        await scene.BindSuperuserAsync(Cancel);
        // Made by a single-user function before: the pair's turn is the clone's.
        await PutPendingAsync(scene, UpkeepScene.Value("foreign"));
        await scene.StartRotationAsync(Cancel, function: UpkeepScene.Pair);
        await scene.OkAsync(
            "UpdateSecretVersionStage",
            new { SecretId = "db", VersionStage = "AWSPENDING", RemoveFromVersionId = Foreign }, Cancel);
        await scene.AdvanceUntilAsync(() => scene.Rotation() is null, Cancel);
        await scene.RotateAsync(Cancel, UpkeepScene.NextToken, UpkeepScene.Pair);
        scene.Target["app_clone"].Passwords.ShouldBe([await scene.CurrentPasswordAsync(Cancel)]);
    }

    // What a cancelled rotation left behind before it had a value.
    [Fact]
    public async Task W5_VersionWithoutAValue_IsReplaced()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel, overlaps: false);
        // The preflight of the first rotation comes before its value.
        scene.Fails = what => what.StartsWith("login", StringComparison.Ordinal)
            ? new RotatorException(FailureCause.Network, "no route")
            : null;
        (await scene.StartRotationAsync(Cancel)).IsSuccess.ShouldBeTrue();
        await scene.UntilAsync(() => scene.Rotation()?.Cause is not null, Cancel);
        await scene.OkAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel);
        scene.Fails = _ => null;
        await scene.RotateAsync(Cancel, UpkeepScene.NextToken);
        (await scene.OkAsync("DescribeSecret", new { SecretId = "db" }, Cancel))["VersionIdsToStages"]![UpkeepScene.NextToken]!
            .AsArray().Select(label => label!.GetValue<string>()).ShouldBe(["AWSCURRENT"]);
    }
}
