using System.Text.Json.Nodes;
using Rekey.Rotators;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>What RotateSecret takes and refuses. What a rotation then does is told in RotationTests.</summary>
public sealed class RotateSecretTests
{
    private const string NoToken = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";
    private const string NotInvokable =
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal "
        + "secretsmanager.amazonaws.com.";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"SecretId":"db"}""", "InvalidParameterException", NoToken)]
    [InlineData("""{"SecretId":"gone"}""", "InvalidParameterException", NoToken)]
    [InlineData("""{"SecretId":"gone",T}""", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")]
    [InlineData("""{"SecretId":"db",T}""", "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")]
    [InlineData("""{"SecretId":"db",T,"RotationLambdaARN":"arn:aws:lambda:us-east-1:123456789012:function:Unknown"}""",
        "AccessDeniedException", NotInvokable)]
    [InlineData("""{"SecretId":"db",T,"RotationLambdaARN":"arn:aws:lambda:eu-west-1:123456789012:function:N"}""",
        "AccessDeniedException", NotInvokable)]
    [InlineData("""{"SecretId":"db",T,"RotationLambdaARN":"arn:aws:lambda:us-east-1:210987654321:function:N"}""",
        "AccessDeniedException", NotInvokable)]
    [InlineData("""{"SecretId":"db",T,F,"RotationRules":{"AutomaticallyAfterDays":1,"ScheduleExpression":"rate(4 hours)"}}""",
        "InvalidParameterException", "You cannot specify both rotation frequency and schedule expression together.")]
    [InlineData("""{"SecretId":"db",T,F,"RotationRules":{"ScheduleExpression":"rate(3 hours)"}}""", "InvalidParameterException", null)]
    [InlineData("""{"SecretId":"db",T,F,"RotationRules":{"ScheduleExpression":"rate(4 hours)","Duration":"5h"}}""",
        "InvalidParameterException", null)]
    [InlineData("""{"SecretId":"db",T,F,"ExternalSecretRotationRoleArn":"arn:aws:iam::123456789012:role/partner"}""",
        "InvalidRequestException", null)]
    public async Task Refusal_StoresNothing(string request, string code, string? text)
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var answer = await scene.Server.CallRawAsync("RotateSecret", Unabbreviated(request), Stop);
        answer.ErrorCode.ShouldBe(code);
        if (text is not null) answer.ErrorMessage.ShouldBe(text);
        var described = await scene.DescribeAsync(Stop);
        described["RotationEnabled"].ShouldBeNull();
        described["RotationLambdaARN"].ShouldBeNull();
        described["VersionIdsToStages"]!.AsObject().Count.ShouldBe(1);
    }

    [Fact]
    public async Task MarkedForDeletion_IsRefused()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.OkAsync("DeleteSecret", new { SecretId = "db" }, Stop);
        var request = Unabbreviated("""{"SecretId":"db",T,F,"RotateImmediately":true}""");
        var answer = await scene.Server.CallRawAsync("RotateSecret", request, Stop);
        answer.ErrorCode.ShouldBe("InvalidRequestException");
        answer.ErrorMessage.ShouldBe("You can't perform this operation on the secret because it was marked for deletion.");
    }

    [Fact]
    public async Task RepeatedToken_IsTheSameRotation()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.RotateAsync(Stop);
        await scene.UntilIdleAsync(Stop);
        var again = await scene.RotateAsync(Stop);
        again["VersionId"]!.GetValue<string>().ShouldBe(RotationScene.Token);
        RotationScene.EventsOf(await scene.ProgressAsync(Stop)).Count(name => name == "RotationStarted").ShouldBe(1);
    }

    [Fact]
    public async Task TokenOfAnotherVersion_IsRefusedInsteadOfIgnored()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var answer = await scene.Server.CallAsync(
            "RotateSecret",
            new { SecretId = "db", ClientRequestToken = RotationScene.FirstVersion, RotationLambdaARN = RotationScene.FunctionArn }, Stop);
        answer.ErrorCode.ShouldBe("InvalidRequestException");
        (await scene.DescribeAsync(Stop))["RotationEnabled"].ShouldBeNull();
    }

    [Theory]
    [InlineData(null, "TestRotationSucceeded")]
    [InlineData(FailureCause.Auth, "TestRotationFailed")]
    public async Task NotImmediately_OnlyTestsACopyOfTheCurrentValue(FailureCause? fails, string ending)
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        if (fails is { } cause) scene.Target.FailTestSecret(cause);
        await scene.RotateAsync(Stop, new { AutomaticallyAfterDays = 30 }, immediately: false);
        var progress = await scene.UntilIdleAsync(Stop);

        scene.Target.Steps.Select(step => step.Step).ShouldBe(["testSecret"]);
        RotationScene.EventsOf(progress).Last().ShouldBe(ending);
        (await scene.LabelsAsync(Stop)).ShouldHaveSingleItem().Value.ShouldBe(["AWSCURRENT"]);
        var described = await scene.DescribeAsync(Stop);
        described["RotationEnabled"]!.GetValue<bool>().ShouldBeTrue();
        described["LastRotatedDate"].ShouldBeNull();
        var versions = await scene.OkAsync("ListSecretVersionIds", new { SecretId = "db", IncludeDeprecated = true }, Stop);
        versions["Versions"]!.AsArray().Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"AutomaticallyAfterDays":30}""", """{"AutomaticallyAfterDays":30}""")]
    [InlineData("""{"AutomaticallyAfterDays":30,"Duration":"3h"}""", """{"AutomaticallyAfterDays":30,"Duration":"3h"}""")]
    [InlineData("""{"ScheduleExpression":"rate(4 hours)"}""", """{"AutomaticallyAfterDays":1,"ScheduleExpression":"rate(4 hours)"}""")]
    public async Task Rules_AreShownAsGiven_WithTheDaysOfAnExpression(string given, string shown)
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.RotateAsync(Stop, JsonNode.Parse(given), immediately: false);
        await scene.UntilIdleAsync(Stop);
        (await scene.DescribeAsync(Stop))["RotationRules"]!.ToJsonString().ShouldBe(shown);
    }

    [Fact]
    public async Task LeftOutParameters_AreTheStoredOnes()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.RotateAsync(Stop, new { AutomaticallyAfterDays = 30 });
        await scene.UntilIdleAsync(Stop);
        const string Second = "00000000-0000-0000-0000-000000000003";
        await scene.OkAsync("RotateSecret", new { SecretId = "db", ClientRequestToken = Second }, Stop);
        await scene.UntilIdleAsync(Stop);
        var labels = await scene.LabelsAsync(Stop);
        labels[Second].ShouldBe(["AWSCURRENT"]);
        labels[RotationScene.Token].ShouldBe(["AWSPREVIOUS"]);
        (await scene.DescribeAsync(Stop))["RotationRules"]!.ToJsonString().ShouldBe("""{"AutomaticallyAfterDays":30}""");
    }

    /// <summary>T stands for a ClientRequestToken, F for a RotationLambdaARN that exists, N for its function's name.</summary>
    private static string Unabbreviated(string request) => request
        .Replace(":N\"", ":SecretsManagerRDSMariaDBRotationSingleUser\"", StringComparison.Ordinal)
        .Replace(",T", $",\"ClientRequestToken\":\"{RotationScene.Token}\"", StringComparison.Ordinal)
        .Replace(",F,", $",\"RotationLambdaARN\":\"{RotationScene.FunctionArn}\",", StringComparison.Ordinal);
}
