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
    private const string Other = "00000000-0000-0000-0000-000000000003";
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
    [InlineData("""{"SecretId":"db",T,F,"RotationRules":{"AutomaticallyAfterDays":1001}}""",
        "InvalidParameterException", "RotationRules.AutomaticallyAfterDays must be within 1-1000.")]
    [InlineData("""{"SecretId":"db",T,F,"RotationRules":{"ScheduleExpression":"rate(4 hours)","Duration":"0h"}}""",
        "InvalidParameterException", "Invalid rotation window duration: it must be a number of hours, such as 3h.")]
    [InlineData("""{"SecretId":"db",T,F,"RotationRules":{"Duration":"3h"}}""",
        "InvalidParameterException", "Invalid rotation window duration: it needs a schedule.")]
    [InlineData("""{"SecretId":"db",T,F,"RotationRules":{"ScheduleExpression":"rate(4 hours)","Duration":"3"}}""",
        "ValidationException", null)]
    [InlineData("""{"SecretId":"db",T,F,"RotationRules":{"ScheduleExpression":"rate(4 hours);"}}""", "ValidationException", null)]
    [InlineData("""{"SecretId":"db",T,"RotationLambdaARN":"arn:aws:lambda:us-east-1:123456789012:function:N:1"}""",
        "AccessDeniedException", NotInvokable)]
    [InlineData("""{"SecretId":"db",T,"RotationLambdaARN":"N"}""", "AccessDeniedException", NotInvokable)]
    [InlineData("""{"SecretId":"db",T,F,"ExternalSecretRotationRoleArn":"arn:aws:iam::123456789012:role/partner"}""",
        "InvalidRequestException", "Secrets Manager is unable to assume role arn:aws:iam::123456789012:role/partner: "
        + "secrets held by partners are not rotated here.")]
    [InlineData("""{"SecretId":"db",T,F,"ExternalSecretRotationMetadata":[{"Key":"k","Value":"v"}]}""",
        "InvalidRequestException",
        "You can't specify ExternalSecretRotationMetadata because secrets held by partners are not rotated here.")]
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

    // Where AWSPENDING lies decides: on no version or on the current one another rotation may begin. p is a version with a value.
    [Theory]
    [InlineData(null, null)]
    [InlineData("AWSCURRENT", null)]
    [InlineData("AWSCURRENT,AWSPENDING", null)]
    [InlineData("AWSPENDING", "A previous rotation isn't complete. That rotation will be reattempted.")]
    [InlineData("AWSPENDING,L", "A previous rotation isn't complete. That rotation will be reattempted.")]
    public async Task PendingVersion_BlocksUnlessItIsCurrent(string? labelsOfP, string? refusal)
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var stages = labelsOfP?.Split(',');
        if (stages is not null)
        {
            await scene.OkAsync(
                "PutSecretValue", new { SecretId = "db", SecretString = "p", ClientRequestToken = Other, VersionStages = stages }, Stop);
        }
        var request = Unabbreviated("""{"SecretId":"db",T,F,"RotateImmediately":true}""");
        (await scene.Server.CallRawAsync("RotateSecret", request, Stop)).ErrorMessage.ShouldBe(refusal);
    }

    // RotateImmediately=false: the configuration is stored whatever becomes of the test, and only testSecret runs, on a version of its own.
    private const string TestTable = """
        | current value | database | steps      | last event            | labels                     | next date |
        | one           | lets in  | testSecret | TestRotationSucceeded | a:AWSCURRENT               | yes       |
        | one           | refuses  | testSecret | TestRotationFailed    | a:AWSCURRENT               | yes       |
        | two           | lets in  | testSecret | TestRotationSucceeded | a:AWSPREVIOUS p:AWSCURRENT | yes       |
        | two           | refuses  | testSecret | TestRotationFailed    | a:AWSPREVIOUS p:AWSCURRENT | yes       |
        | none          | lets in  |            | TestRotationFailed    |                            | yes       |
        """;

    public static IEnumerable<object[]> Tests => TextTable.Rows(TestTable);

    [Theory]
    [MemberData(nameof(Tests))]
    public async Task NotImmediately_OnlyTestsACopyOfTheCurrentValue(
        string current, string database, string steps, string lastEvent, string labels, string nextDate)
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        if (current == "two")
            await scene.OkAsync("PutSecretValue", new { SecretId = "db", SecretString = "two", ClientRequestToken = Other }, Stop);
        if (current == "none")
        {
            await scene.OkAsync("DeleteSecret", new { SecretId = "db", ForceDeleteWithoutRecovery = true }, Stop);
            await scene.OkAsync("CreateSecret", new { Name = "db", ClientRequestToken = Other }, Stop);
        }
        if (database == "refuses") scene.Target.FailTestSecret(FailureCause.Auth);
        var answer = await scene.RotateAsync(Stop, new { AutomaticallyAfterDays = 30 }, immediately: false);
        answer["VersionId"]!.GetValue<string>().ShouldBe(RotationScene.Token);
        var progress = await scene.UntilIdleAsync(Stop);

        string.Join(' ', scene.Target.Steps.Select(step => step.Step)).ShouldBe(steps);
        RotationScene.EventsOf(progress).Last().ShouldBe(lastEvent);
        var described = await scene.DescribeAsync(Stop);
        var shown = described["VersionIdsToStages"]?.AsObject().Select(
            version => $"{version.Key}:{string.Join(',', version.Value!.AsArray().Select(label => (string)label!))}") ?? [];
        string.Join(' ', shown).Replace(RotationScene.FirstVersion, "a").Replace(Other, "p").ShouldBe(labels);
        described["RotationEnabled"]!.GetValue<bool>().ShouldBeTrue();
        described["RotationLambdaARN"]!.GetValue<string>().ShouldBe(RotationScene.FunctionArn);
        described["LastRotatedDate"].ShouldBeNull();
        (described["NextRotationDate"] is not null).ShouldBe(nextDate == "yes");
        // The copy that was tested is gone, and the token is free for the rotation itself.
        var versions = await scene.OkAsync("ListSecretVersionIds", new { SecretId = "db", IncludeDeprecated = true }, Stop);
        versions["Versions"]!.AsArray().Count.ShouldBe(current switch { "none" => 0, "one" => 1, _ => 2 });
        if (current != "none") (await scene.OkAsync("GetSecretValue", new { SecretId = "db" }, Stop))["SecretString"]!
            .GetValue<string>().ShouldBe(current == "one" ? "first" : "two");
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
