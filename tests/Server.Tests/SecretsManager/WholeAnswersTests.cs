using System.Text;
using System.Text.Json.Nodes;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>The whole text of every answer, in each state that adds a member: which keys there are and in which order.</summary>
public sealed class WholeAnswersTests
{
    private const string V1 = RotationScene.FirstVersion;
    private const string V2 = RotationScene.Token;
    private const string V3 = "00000000-0000-0000-0000-000000000003";
    private const string Function = RotationScene.FunctionArn;

    // 2026-03-02T10:00:00.120Z: the zero at the end is not written.
    private const string Now = "1772445600.12";

    private static readonly string[] s_tags = ["k"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WithoutValue()
    {
        await using var server = await ServerAsync();
        var arn = (await server.CallAsync("CreateSecret", new { Name = "s", ClientRequestToken = V1 }, Stop)).Text("ARN");
        await ShouldBeAsync(server, "DescribeSecret", new { SecretId = "s" },
            $$"""{'ARN':'{{arn}}','CreatedDate':{{Now}},'LastChangedDate':{{Now}},'Name':'s'}""");
        await ShouldBeAsync(server, "ListSecretVersionIds", new { SecretId = "s" }, $$"""{'ARN':'{{arn}}','Name':'s','Versions':[]}""");
        await ShouldBeAsync(server, "ListSecrets", new { },
            $$"""{'SecretList':[{'ARN':'{{arn}}','CreatedDate':{{Now}},'LastChangedDate':{{Now}},'Name':'s'}]}""");
        await ShouldBeAsync(server, "UpdateSecret", new { SecretId = "s", ClientRequestToken = V2 }, $$"""{'ARN':'{{arn}}','Name':'s'}""");
        await ShouldBeAsync(server, "DeleteSecret", new { SecretId = "s", ForceDeleteWithoutRecovery = true },
            $$"""{'ARN':'{{arn}}','DeletionDate':{{Now}},'Name':'s'}""");
        await ShouldBeAsync(server, "ListSecrets", new { }, """{'SecretList':[]}""");
    }

    [Fact]
    public async Task WithValues()
    {
        await using var server = await ServerAsync();
        var arn = (await server.CallAsync("CreateSecret", new { Name = "s", SecretString = "\u0001<é>", ClientRequestToken = V1 }, Stop))
            .Text("ARN");
        await ShouldBeAsync(server, "CreateSecret", new { Name = "s", SecretString = "\u0001<é>", ClientRequestToken = V1 },
            $$"""{'ARN':'{{arn}}','Name':'s','VersionId':'{{V1}}'}""");
        await ShouldBeAsync(server, "GetSecretValue", new { SecretId = "s" },
            $$"""{'ARN':'{{arn}}','CreatedDate':{{Now}},'Name':'s','SecretString':'\u0001<é>','VersionId':'{{V1}}'"""
            + """,'VersionStages':['AWSCURRENT']}""");
        await ShouldBeAsync(server, "PutSecretValue", new { SecretId = "s", SecretBinary = "/+8=", ClientRequestToken = V2 },
            $$"""{'ARN':'{{arn}}','Name':'s','VersionId':'{{V2}}','VersionStages':['AWSCURRENT']}""");
        await ShouldBeAsync(server, "GetSecretValue", new { SecretId = "s", VersionId = V2 },
            $$"""{'ARN':'{{arn}}','CreatedDate':{{Now}},'Name':'s','SecretBinary':'/+8=','VersionId':'{{V2}}'"""
            + """,'VersionStages':['AWSCURRENT']}""");
        await ShouldBeAsync(server, "UpdateSecret", new { SecretId = "s", SecretString = "three", ClientRequestToken = V3 },
            $$"""{'ARN':'{{arn}}','Name':'s','VersionId':'{{V3}}'}""");
        // The first version is deprecated now: no VersionStages. A repeat of its call tells of none either.
        await ShouldBeAsync(server, "GetSecretValue", new { SecretId = "s", VersionId = V1 },
            $$"""{'ARN':'{{arn}}','CreatedDate':{{Now}},'Name':'s','SecretString':'\u0001<é>','VersionId':'{{V1}}'}""");
        await ShouldBeAsync(server, "PutSecretValue", new { SecretId = "s", SecretString = "\u0001<é>", ClientRequestToken = V1 },
            $$"""{'ARN':'{{arn}}','Name':'s','VersionId':'{{V1}}'}""");
        await ShouldBeAsync(server, "UpdateSecretVersionStage", new { SecretId = "s", VersionStage = "L", MoveToVersionId = V1 },
            $$"""{'ARN':'{{arn}}','Name':'s'}""");

        const string Day = "1772409600"; // the day of the reads, at 00:00 UTC
        const string Key = "'KmsKeyIds':['DefaultEncryptionKey']";
        await ShouldBeAsync(server, "ListSecretVersionIds", new { SecretId = "s" },
            $$"""{'ARN':'{{arn}}','Name':'s','Versions':["""
            + $$"""{'CreatedDate':{{Now}},{{Key}},'LastAccessedDate':{{Day}},'VersionId':'{{V1}}','VersionStages':['L']},"""
            + $$"""{'CreatedDate':{{Now}},{{Key}},'LastAccessedDate':{{Day}},'VersionId':'{{V2}}','VersionStages':['AWSPREVIOUS']},"""
            + $$"""{'CreatedDate':{{Now}},{{Key}},'VersionId':'{{V3}}','VersionStages':['AWSCURRENT']}]}""");
        await ShouldBeAsync(server, "DescribeSecret", new { SecretId = "s" },
            $$"""{'ARN':'{{arn}}','CreatedDate':{{Now}},'LastAccessedDate':{{Day}},'LastChangedDate':{{Now}},'Name':'s'"""
            + $$$""",'VersionIdsToStages':{'{{{V1}}}':['L'],'{{{V2}}}':['AWSPREVIOUS'],'{{{V3}}}':['AWSCURRENT']}}""");
    }

    [Fact]
    public async Task WithEverythingButRotation()
    {
        await using var server = await ServerAsync();
        var arn = (await server.CallAsync("CreateSecret", new
        {
            Name = "s",
            SecretString = "v",
            ClientRequestToken = V1,
            Description = "what it is",
            KmsKeyId = "alias/aws/secretsmanager",
            Type = "SalesforceClientSecret",
        }, Stop)).Text("ARN");
        await ShouldBeAsync(server, "TagResource", new { SecretId = "s", Tags = new[] { new { Key = "k" } } }, "");
        server.Clock.Advance(TimeSpan.FromMilliseconds(3));
        await ShouldBeAsync(server, "DeleteSecret", new { SecretId = "s", RecoveryWindowInDays = 7 },
            $$"""{'ARN':'{{arn}}','DeletionDate':1773050400.123,'Name':'s'}""");
        await ShouldBeAsync(server, "DescribeSecret", new { SecretId = "s" },
            $$"""{'ARN':'{{arn}}','CreatedDate':{{Now}},'DeletedDate':1772445600.123,'Description':'what it is'"""
            + """,'KmsKeyId':'alias/aws/secretsmanager','LastChangedDate':1772445600.123,'Name':'s','Tags':[{'Key':'k','Value':''}]"""
            + $$$""",'Type':'SalesforceClientSecret','VersionIdsToStages':{'{{{V1}}}':['AWSCURRENT']}}""");
        await ShouldBeAsync(server, "ListSecrets", new { IncludePlannedDeletion = true },
            $$"""{'SecretList':[{'ARN':'{{arn}}','CreatedDate':{{Now}},'DeletedDate':1772445600.123,'Description':'what it is'"""
            + """,'KmsKeyId':'alias/aws/secretsmanager','LastChangedDate':1772445600.123,'Name':'s'"""
            + $$""",'SecretVersionsToStages':{'{{V1}}':['AWSCURRENT']},'Tags':[{'Key':'k','Value':''}]"""
            + """,'Type':'SalesforceClientSecret'}]}""");
        await ShouldBeAsync(server, "RestoreSecret", new { SecretId = "s" }, $$"""{'ARN':'{{arn}}','Name':'s'}""");
        await ShouldBeAsync(server, "UntagResource", new { SecretId = "s", TagKeys = s_tags }, "");
        await ShouldBeAsync(server, "UpdateSecret", new { SecretId = "s", Description = "", KmsKeyId = "", ClientRequestToken = V2 },
            $$"""{'ARN':'{{arn}}','Name':'s'}""");
        await ShouldBeAsync(server, "DescribeSecret", new { SecretId = "s" },
            $$"""{'ARN':'{{arn}}','CreatedDate':{{Now}},'LastChangedDate':1772445600.123,'Name':'s','Tags':[]"""
            + $$$""",'Type':'SalesforceClientSecret','VersionIdsToStages':{'{{{V1}}}':['AWSCURRENT']}}""");
    }

    [Fact]
    public async Task WithRotation()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        var arn = (string)(await scene.DescribeAsync(Stop))["ARN"]!;
        await scene.PlaceholderAsync(Stop);
        // 1. The placeholder: a label, and nothing to read.
        await ShouldBeAsync(scene.Server, "DescribeSecret", new { SecretId = "db" }, Described(
            "", "", "true", "", $$"""{'{{V1}}':['AWSCURRENT'],'{{V2}}':['AWSPENDING']}"""));
        (await scene.OkAsync("ListSecretVersionIds", new { SecretId = "db", IncludeDeprecated = true }, Stop))["Versions"]!
            .AsArray().Count.ShouldBe(1);

        // 2. The answer to a repeat is that to the call; the rotation ends.
        scene.Target.HoldCreateSecret!.SetResult();
        await scene.UntilIdleAsync(Stop);
        await ShouldBeAsync(scene.Server, "RotateSecret", new { SecretId = "db", ClientRequestToken = V2, RotationLambdaARN = Function },
            $$"""{'ARN':'{{arn}}','Name':'db','VersionId':'{{V2}}'}""");
        const string Rotated = $$"""{'{{V1}}':['AWSPREVIOUS'],'{{V2}}':['AWSCURRENT']}""";
        await ShouldBeAsync(scene.Server, "DescribeSecret", new { SecretId = "db" }, Described(
            "'LastRotatedDate':1772445600,", "", "true", "", Rotated));

        // 3. With a schedule: the last second of the next window.
        await scene.RotateAsync(Stop, new { ScheduleExpression = "rate(4 hours)" }, immediately: false, token: V3);
        await scene.UntilIdleAsync(Stop);
        const string Rules = """,'RotationRules':{'AutomaticallyAfterDays':1,'ScheduleExpression':'rate(4 hours)'}""";
        await ShouldBeAsync(scene.Server, "DescribeSecret", new { SecretId = "db" }, Described(
            "'LastRotatedDate':1772445600,", "'NextRotationDate':1772456399,", "true", Rules, Rotated));

        // 4. Cancelled: the function and the rules stay, the dates go.
        await ShouldBeAsync(scene.Server, "CancelRotateSecret", new { SecretId = "db" }, $$"""{'ARN':'{{arn}}','Name':'db'}""");
        await ShouldBeAsync(scene.Server, "DescribeSecret", new { SecretId = "db" }, Described("", "", "false", Rules, Rotated));

        string Described(string lastRotated, string nextRotation, string enabled, string rules, string versions) =>
            $$"""{'ARN':'{{arn}}','CreatedDate':1772445600,'LastChangedDate':1772445600,{{lastRotated}}'Name':'db',{{nextRotation}}"""
            + $$"""'RotationEnabled':{{enabled}},'RotationLambdaARN':'{{Function}}'{{rules}},'VersionIdsToStages':{{versions}}}""";
    }

    [Fact]
    public async Task CancelDuringARotation_NamesItsVersion()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.PlaceholderAsync(Stop);
        var arn = (string)(await scene.DescribeAsync(Stop))["ARN"]!;
        await ShouldBeAsync(scene.Server, "CancelRotateSecret", new { SecretId = "db" },
            $$"""{'ARN':'{{arn}}','Name':'db','VersionId':'{{V2}}'}""");
    }

    [Fact]
    public async Task LastPageHasNoToken_AndAnyOtherHasOne()
    {
        await using var server = await ServerAsync();
        foreach (var name in new[] { "a", "b" }) await server.CallAsync("CreateSecret", new { Name = name, ClientRequestToken = V1 }, Stop);
        var first = (await server.CallAsync("ListSecrets", new { MaxResults = 1 }, Stop)).Json.AsObject();
        first.Select(member => member.Key).ShouldBe(["NextToken", "SecretList"]);
        var rest = await server.CallAsync("ListSecrets", new { MaxResults = 1, NextToken = (string)first["NextToken"]! }, Stop);
        rest.Json.AsObject().Select(member => member.Key).ShouldBe(["SecretList"]);
    }

    private static async Task<TestServer> ServerAsync()
    {
        var server = await TestServer.StartAsync(Stop);
        server.Clock.Advance(TimeSpan.FromMilliseconds(120));
        return server;
    }

    /// <param name="body">With single quotes for double ones.</param>
    private static async Task ShouldBeAsync(TestServer server, string operation, object request, string body)
    {
        body = body.Replace('\'', '"');
        var answer = await server.CallAsync(operation, request, Stop);
        (answer.IsSuccess, answer.Body).ShouldBe((true, body), operation);
        answer.ContentLength.ShouldBe(Encoding.UTF8.GetByteCount(body));
        answer.ContentType.ShouldBe("application/x-amz-json-1.1");
        Guid.TryParseExact(answer.RequestId, "D", out _).ShouldBeTrue();
        if (body.Length > 0) JsonNode.Parse(body)!.ToJsonString().ShouldNotContain("null");
    }
}
