using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>What emulators of Secrets Manager are known to answer, and AWS does not: one test for each.</summary>
public sealed class EmulatorMistakesTests
{
    private const string Third = "00000000-0000-0000-0000-000000000003";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MissingSecret_IsStatus400_NotStatus404()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var answer = await scene.Server.CallAsync("GetSecretValue", new { SecretId = "gone" }, Stop);
        ((int)answer.Status, answer.ErrorCode).ShouldBe((400, "ResourceNotFoundException"));
    }

    [Fact]
    public async Task ErrorText_IsUnderMessageWithACapital()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var answer = await scene.Server.CallAsync("DescribeSecret", new { SecretId = "gone" }, Stop);
        answer.Json.AsObject().Select(member => member.Key).ShouldBe(["__type", "Message"]);
    }

    [Fact]
    public async Task PendingVersion_BlocksRotationWhereItIsNotCurrent_AndOnlyThere()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await PutPendingAsync(scene);
        var refused = await scene.Server.CallAsync("RotateSecret", Rotation(), Stop);
        refused.ErrorMessage.ShouldBe("A previous rotation isn't complete. That rotation will be reattempted.");

        await using var other = await RotationScene.StartAsync(Stop);
        await PutPendingAsync(other);
        await other.OkAsync("UpdateSecretVersionStage", new
        {
            SecretId = "db",
            VersionStage = "AWSCURRENT",
            RemoveFromVersionId = RotationScene.FirstVersion,
            MoveToVersionId = Third,
        }, Stop);
        (await other.LabelsAsync(Stop))[Third].ShouldBe(["AWSPENDING", "AWSCURRENT"]);
        await other.OkAsync("RotateSecret", Rotation(), Stop);
    }

    [Fact]
    public async Task RotationWithoutAFunction_IsRefused()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var answer = await scene.Server.CallAsync("RotateSecret", new { SecretId = "db", ClientRequestToken = Third }, Stop);
        answer.ErrorMessage.ShouldBe("No Lambda rotation function ARN is associated with this secret.");
        (await scene.DescribeAsync(Stop)).AsObject().ContainsKey("RotationEnabled").ShouldBeFalse();
    }

    /// <summary>Also when the caller gave the name.</summary>
    [Fact]
    public async Task Rotation_IsToldTheFullArn()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var arn = (string)(await scene.DescribeAsync(Stop))["ARN"]!;
        await scene.RotateAsync(Stop);
        await scene.UntilIdleAsync(Stop);
        scene.Target.SecretArns.Distinct().ShouldBe([arn]);
    }

    [Fact]
    public async Task PasswordThatIsTooShort_IsInvalidParameterException()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var answer = await scene.Server.CallAsync("GetRandomPassword", new { PasswordLength = 3 }, Stop);
        answer.ErrorCode.ShouldBe("InvalidParameterException");
    }

    [Fact]
    public async Task RotationWithoutToken_IsInvalidParameterException()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var answer = await scene.Server.CallAsync("RotateSecret", new { SecretId = "db" }, Stop);
        answer.ErrorCode.ShouldBe("InvalidParameterException");
    }

    [Fact]
    public async Task LastTagRemoved_LeavesAnEmptyList()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.OkAsync("TagResource", new { SecretId = "db", Tags = new[] { new { Key = "k", Value = "v" } } }, Stop);
        await scene.OkAsync("UntagResource", new { SecretId = "db", TagKeys = new[] { "k" } }, Stop);
        (await scene.DescribeAsync(Stop))["Tags"]!.ToJsonString().ShouldBe("[]");
    }

    [Fact]
    public async Task PartialArnOfTestSecret_IsNotFound()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var created = await scene.OkAsync(
            "CreateSecret", new { Name = "test-secret", SecretString = "s", ClientRequestToken = Third }, Stop);
        var partial = ((string)created["ARN"]!)[..^7];
        partial.ShouldEndWith(":secret:test-secret");
        var answer = await scene.Server.CallAsync("DescribeSecret", new { SecretId = partial }, Stop);
        answer.ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    [Fact]
    public async Task DeletedDate_IsThePast_AndDeletionDateTheFuture()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var now = (double)scene.Server.Clock.GetUtcNow().ToUnixTimeSeconds();
        var deleted = await scene.OkAsync("DeleteSecret", new { SecretId = "db", RecoveryWindowInDays = 7 }, Stop);
        deleted["DeletionDate"]!.GetValue<double>().ShouldBe(now + TimeSpan.FromDays(7).TotalSeconds);
        (await scene.DescribeAsync(Stop))["DeletedDate"]!.GetValue<double>().ShouldBe(now);
    }

    private static object Rotation() =>
        new { SecretId = "db", ClientRequestToken = RotationScene.Token, RotationLambdaARN = RotationScene.FunctionArn };

    private static async Task PutPendingAsync(RotationScene scene) => await scene.OkAsync(
        "PutSecretValue",
        new { SecretId = "db", SecretString = "p", ClientRequestToken = Third, VersionStages = new[] { "AWSPENDING" } }, Stop);
}
