using System.Text.Json;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>PutResourcePolicy, GetResourcePolicy and DeleteResourcePolicy: what is stored, shown and taken away.</summary>
public sealed class ResourcePolicyTests(SecretsManagerServer server) : OperationTests(server)
{
    private const string Reader = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},
        "Action":"secretsmanager:GetSecretValue","Resource":"*"}]}
        """;

    [Fact]
    public async Task Policy_IsPutShownReplacedAndTakenAway()
    {
        var name = NewName();
        var arn = await CreateAsync(name);
        var empty = await OkAsync("GetResourcePolicy", new { SecretId = name });
        empty.ToJsonString().ShouldBe($$"""{"ARN":"{{arn}}","Name":"{{name}}"}""");

        var put = await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = Reader });
        put.ToJsonString().ShouldBe($$"""{"ARN":"{{arn}}","Name":"{{name}}"}""");
        var shown = await OkAsync("GetResourcePolicy", new { SecretId = arn });
        shown.AsObject().Select(member => member.Key).ShouldBe(["ARN", "Name", "ResourcePolicy"]);
        Text(shown, "ResourcePolicy").ShouldBe(
            """
            {
              "Version" : "2012-10-17",
              "Statement" : [ {
                "Effect" : "Allow",
                "Principal" : {
                  "AWS" : "arn:aws:iam::999999999999:root"
                },
                "Action" : "secretsmanager:GetSecretValue",
                "Resource" : "*"
              } ]
            }
            """);

        await OkAsync("PutResourcePolicy", new { SecretId = arn[..^7], ResourcePolicy = Reader.Replace("999999999999", "888888888888") });
        Text(await OkAsync("GetResourcePolicy", new { SecretId = name }), "ResourcePolicy").ShouldContain("888888888888");

        for (var time = 0; time < 2; time++)
        {
            var deleted = await OkAsync("DeleteResourcePolicy", new { SecretId = name });
            deleted.ToJsonString().ShouldBe($$"""{"ARN":"{{arn}}","Name":"{{name}}"}""");
            (await OkAsync("GetResourcePolicy", new { SecretId = name }))["ResourcePolicy"].ShouldBeNull();
        }
    }

    /// <summary>Order of members, one value or a list, numbers, Booleans and all kinds of characters come back as given.</summary>
    [Fact]
    public async Task Policy_IsShownInTheCallersOrder()
    {
        var name = NewName();
        await CreateAsync(name);
        const string policy = """
            {"Statement":{"Resource":["*"],"Condition":{"StringNotEqualsIfExists":{"aws:UserAgent":["Ä中😀 \"q\" \\ \/ \u0041 \t"]},
            "NumericGreaterThan":{"secretsmanager:RecoveryWindowInDays":[30,7.5]},"Bool":{"aws:SecureTransport":false}},
            "NotAction":["secretsmanager:PutResourcePolicy"],"NotPrincipal":{"AWS":["999999999999","*"]},"Effect":"Deny","Sid":""},
            "Id":"my policy","Version":"2012-10-17"}
            """;
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy });
        Text(await OkAsync("GetResourcePolicy", new { SecretId = name }), "ResourcePolicy").ShouldBe(
            """
            {
              "Statement" : {
                "Resource" : [ "*" ],
                "Condition" : {
                  "StringNotEqualsIfExists" : {
                    "aws:UserAgent" : [ "Ä中😀 \"q\" \\ / A \t" ]
                  },
                  "NumericGreaterThan" : {
                    "secretsmanager:RecoveryWindowInDays" : [ 30, 7.5 ]
                  },
                  "Bool" : {
                    "aws:SecureTransport" : false
                  }
                },
                "NotAction" : [ "secretsmanager:PutResourcePolicy" ],
                "NotPrincipal" : {
                  "AWS" : [ "999999999999", "*" ]
                },
                "Effect" : "Deny",
                "Sid" : ""
              },
              "Id" : "my policy",
              "Version" : "2012-10-17"
            }
            """);
    }

    [Fact]
    public async Task LastChangedDate_MovesWithThePolicyOnly()
    {
        await using var server = await TestServer.StartAsync(Stop);
        var name = NewName();
        await server.CallAsync("CreateSecret", new { Name = name, SecretString = "s", ClientRequestToken = NewToken() }, Stop);
        foreach (var (operation, request, moves) in new (string, object, bool)[]
        {
            ("PutResourcePolicy", new { SecretId = name, ResourcePolicy = Reader }, true),
            ("GetResourcePolicy", new { SecretId = name }, false),
            ("ValidateResourcePolicy", new { SecretId = name, ResourcePolicy = Reader }, false),
            ("PutResourcePolicy", new { SecretId = name, ResourcePolicy = Reader }, true),
            ("DeleteResourcePolicy", new { SecretId = name }, true),
            ("DeleteResourcePolicy", new { SecretId = name }, false),
        })
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            var before = await ChangedAsync(server, name);
            (await server.CallAsync(operation, request, Stop)).IsSuccess.ShouldBeTrue(operation);
            (await ChangedAsync(server, name)).ShouldBe(moves ? server.Clock.GetUtcNow() : before, operation);
        }
    }

    [Fact]
    public async Task Policy_OutlivesTheServerAndTheRecoveryWindow()
    {
        using var directory = new Storage.TemporaryDirectory();
        var options = new TestServerOptions { DataDirectory = directory.Path };
        await using (var server = await TestServer.StartAsync(options, Stop))
        {
            await server.CallAsync("CreateSecret", new { Name = "kept", SecretString = "s", ClientRequestToken = NewToken() }, Stop);
            await server.CallAsync("PutResourcePolicy", new { SecretId = "kept", ResourcePolicy = Reader }, Stop);
            await server.CallAsync("DeleteSecret", new { SecretId = "kept" }, Stop);
        }
        await using (var server = await TestServer.StartAsync(options, Stop))
        {
            await server.CallAsync("RestoreSecret", new { SecretId = "kept" }, Stop);
            var answer = await server.CallAsync("GetResourcePolicy", new { SecretId = "kept" }, Stop);
            answer.Text("ResourcePolicy").ShouldContain("999999999999");
        }
    }

    [Fact]
    public async Task SecretMadeAgain_HasNoPolicy()
    {
        var name = NewName();
        await CreateAsync(name);
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = Reader });
        await OkAsync("DeleteSecret", new { SecretId = name, ForceDeleteWithoutRecovery = true });
        await CreateAsync(name);
        (await OkAsync("GetResourcePolicy", new { SecretId = name }))["ResourcePolicy"].ShouldBeNull();
    }

    [Theory]
    [InlineData("PutResourcePolicy")]
    [InlineData("GetResourcePolicy")]
    [InlineData("DeleteResourcePolicy")]
    [InlineData("ValidateResourcePolicy")]
    public async Task MissingMalformedAndDeletedSecrets_AreRefused(string operation)
    {
        var name = NewName();
        await CreateAsync(name);
        await OkAsync("DeleteSecret", new { SecretId = name });
        await FailAsync(operation, Request(operation, "nobody"), "ResourceNotFoundException", NotFound);
        await FailAsync(operation, Request(operation, "a b"), "ValidationException", InvalidName);
        await FailAsync(operation, Request(operation, name), "InvalidRequestException", MarkedForDeletion);
    }

    /// <summary>The state of the secret is told before what is wrong with the policy, and existence before both.</summary>
    [Fact]
    public async Task Checks_ComeInAwsOrder()
    {
        var name = NewName();
        await FailAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = "{" }, "ResourceNotFoundException", NotFound);
        await CreateAsync(name);
        await OkAsync("DeleteSecret", new { SecretId = name });
        await FailAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = "{" }, "InvalidRequestException", MarkedForDeletion);
    }

    [Theory]
    [InlineData("PutResourcePolicy")]
    [InlineData("ValidateResourcePolicy")]
    public async Task TwentyThousandFourHundredAndEightyCharacters_AreTheMost(string operation)
    {
        var name = NewName();
        await CreateAsync(name);
        await OkAsync(operation, new { SecretId = name, ResourcePolicy = Reader.PadRight(20_480) });
        // Characters, not bytes: each of these takes three.
        var condition = $$$"""[{"Condition":{"StringEquals":{"aws:UserAgent":"{{{new string('中', 20_000)}}}"}},""";
        var wide = Reader.Replace("[{", condition);
        await OkAsync(operation, new { SecretId = name, ResourcePolicy = wide });

        var tooLong = await Server.CallAsync(operation, new { SecretId = name, ResourcePolicy = Reader.PadRight(20_481) }, Stop);
        tooLong.ErrorCode.ShouldBe("ValidationException");
        tooLong.ErrorMessage!.ShouldEndWith("Member must have length less than or equal to 20480");
        var tooShort = await Server.CallAsync(operation, new { SecretId = name, ResourcePolicy = "" }, Stop);
        tooShort.ErrorCode.ShouldBe("ValidationException");
        tooShort.ErrorMessage!.ShouldEndWith("Member must have length greater than or equal to 1");
    }

    [Fact]
    public async Task Changes_AreRecordedWithTheirArn()
    {
        var name = NewName();
        var arn = await CreateAsync(name);
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = Reader });
        await OkAsync("GetResourcePolicy", new { SecretId = name });
        var lines = await Server.AuditLinesAsync(Stop);
        lines.ShouldContain(line => IsRecord(line, "GetResourcePolicy", arn));
        lines.ShouldNotContain(line => line.GetRawText().Contains("999999999999"));
    }

    private static bool IsRecord(JsonElement line, string operation, string arn) =>
        line.GetProperty("eventName").GetString() == operation
        && line.TryGetProperty("resourceArn", out var resource) && resource.GetString() == arn;

    private static object Request(string operation, string secretId) => operation is "PutResourcePolicy" or "ValidateResourcePolicy"
        ? new { SecretId = secretId, ResourcePolicy = Reader }
        : new { SecretId = secretId };

    private static async Task<DateTimeOffset> ChangedAsync(TestServer server, string name) =>
        Time((await server.CallAsync("DescribeSecret", new { SecretId = name }, Stop)).Json, "LastChangedDate");
}
