using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>
/// What a policy denies is denied, over signed HTTP, and nothing else. The caller is the root, whom everything is allowed that no policy
/// denies.
/// </summary>
public sealed class ResourcePolicyEnforcementTests(SecretsManagerServer server) : OperationTests(server)
{
    private const string Key = "alias/aws/secretsmanager";
    private const string Function = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";

    // A condition is an operator, a key and a value; Is stands for StringEquals, and a key without a service is Secrets Manager's. N is the
    // name of the secret, A its ARN, V its version. The other capitals are members of the request: token, key, function, rules, policy.
    private const string Table = """
        | operation | with | a condition that holds | one that does not |
        | GetSecretValue |  | Is VersionStage AWSCURRENT | Is VersionStage AWSPENDING |
        | GetSecretValue | 'VersionStage':'AWSPREVIOUS' | Is VersionStage AWSPREVIOUS | Is VersionStage AWSCURRENT |
        | GetSecretValue | 'VersionId':V | Is VersionId V | Is VersionId T |
        | GetSecretValue | 'VersionId':V | ForAnyValue:StringLike VersionStage *CURRENT | Is VersionStage AWSPENDING |
        | GetSecretValue |  | Null VersionId true | Null VersionId false |
        | GetSecretValue |  | Is SecretId N | Is SecretId A |
        | DescribeSecret |  | Is aws:ResourceTag/team red | Is aws:ResourceTag/team blue |
        | DescribeSecret |  | Is ResourceTag/team red | StringNotEquals ResourceTag/team red |
        | DescribeSecret |  | StringLike SecretId test/* | StringLike SecretId arn:* |
        | DescribeSecret |  | Null resource/AllowRotationLambdaArn true | Null SecretPrimaryRegion false |
        | DescribeSecret |  | Is resource/Type Partner | Is resource/Type Other |
        | ListSecretVersionIds |  | Is aws:RequestedRegion us-east-1 | Is aws:RequestedRegion eu-west-1 |
        | PutSecretValue | 'SecretString':'x',T | ArnLike aws:PrincipalArn arn:aws:iam::*:root | ArnLike aws:PrincipalArn arn:aws:sts::*:* |
        | UpdateSecret | 'Description':'plan',T | StringLike Description p* | Is Description p |
        | UpdateSecret | K,T | Is KmsKeyId K | Null KmsKeyId true |
        | UpdateSecret | K,T | ArnLike KmsKeyArn arn:aws:kms:*:*:key/* | Null KmsKeyArn true |
        | UpdateSecret | 'Type':'Other',T | Is Type Other | Is Type Partner |
        | UpdateSecretVersionStage | 'VersionStage':'BLUE','MoveToVersionId':V | Is VersionStage BLUE | Is VersionStage GREEN |
        | TagResource | 'Tags':[{'Key':'team','Value':'blue'}] | Is aws:RequestTag/team blue | Is aws:RequestTag/team red |
        | TagResource | 'Tags':[{'Key':'a'},{'Key':'b'}] | ForAnyValue:StringLike aws:TagKeys b | ForAllValues:StringLike aws:TagKeys b |
        | UntagResource | 'TagKeys':['a'] | ForAllValues:StringEquals aws:TagKeys a | ForAnyValue:StringEquals aws:TagKeys b |
        | RotateSecret | F,T | ArnEquals RotationLambdaARN F | Bool RotateImmediately false |
        | RotateSecret | F,T | Bool RotateImmediately true | Bool ModifyRotationRules true |
        | RotateSecret | F,T,R | Bool ModifyRotationRules true | Null RotationLambdaARN true |
        | CancelRotateSecret |  | Is aws:PrincipalAccount 123456789012 | Is aws:PrincipalAccount 999999999999 |
        | CancelRotateSecret |  | Is aws:ResourceAccount 123456789012 | Is aws:ResourceAccount 999999999999 |
        | DeleteSecret | 'RecoveryWindowInDays':7 | NumericLessThan RecoveryWindowInDays 8 | NumericLessThan RecoveryWindowInDays 7 |
        | DeleteSecret |  | NumericEquals RecoveryWindowInDays 30 | Bool ForceDeleteWithoutRecovery true |
        | DeleteSecret | 'ForceDeleteWithoutRecovery':true | Bool ForceDeleteWithoutRecovery true | Null RecoveryWindowInDays false |
        | GetResourcePolicy |  | Is aws:PrincipalType Account | Is aws:PrincipalType User |
        | PutResourcePolicy | P | Bool BlockPublicPolicy false | Bool BlockPublicPolicy true |
        | ValidateResourcePolicy | P | Is aws:userid 123456789012 | Null aws:userid true |
        """;

    public static IEnumerable<object[]> Calls => TextTable.Rows(Table);

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Denial_HoldsWhereItsConditionHolds(string operation, string with, string holding, string other)
    {
        var secret = await NewSecretAsync();
        var request = Members(with, secret);
        await OkAsync("PutResourcePolicy", new { SecretId = secret.Name, ResourcePolicy = Denial(operation, Condition(holding, secret)) });
        await DeniedAsync(operation, request, secret.Name);

        var policy = Denial(operation, Condition(other, secret));
        await OkAsync("PutResourcePolicy", new { SecretId = secret.Name, BlockPublicPolicy = true, ResourcePolicy = policy });
        var answer = await Server.CallRawAsync(operation, request.ToJsonString(), Stop);
        answer.ErrorCode.ShouldNotBe("AccessDeniedException", answer.Body);
        if (operation != "CancelRotateSecret") answer.IsSuccess.ShouldBeTrue(answer.Body);
    }

    [Theory]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","::1/128"]}}""", false)]
    [InlineData("""{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}""", true)]
    [InlineData("""{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:root"}}""", true)]
    [InlineData("""{"StringEquals":{"AWS:principaltype":"Account"}}""", true)]
    [InlineData("""{"Null":{"aws:username":"true"}}""", true)]
    [InlineData("""{"Bool":{"aws:SecureTransport":"false"}}""", true)]
    [InlineData("""{"Bool":{"aws:SecureTransport":"true"}}""", false)]
    [InlineData("""{"Bool":{"aws:PrincipalIsAWSService":"true"}}""", false)]
    [InlineData("""{"Bool":{"aws:ViaAWSService":"false"}}""", true)]
    [InlineData("""{"Null":{"aws:MultiFactorAuthPresent":"true"}}""", true)]
    [InlineData("""{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}""", true)]
    [InlineData("""{"StringEquals":{"aws:SourceVpc":"vpc-1"}}""", false)]
    [InlineData("""{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}""", true)]
    [InlineData("""{"Null":{"aws:UserAgent":"true"}}""", true)]
    [InlineData("""{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}""", true)]
    [InlineData("""{"StringEquals":{"aws:RequestedRegion":"us-east-1"},"Bool":{"aws:SecureTransport":"true"}}""", false)]
    [InlineData("{}", true)]
    public async Task GlobalKeys_AreThoseOfTheCall(string condition, bool isDenied)
    {
        var name = NewName();
        await CreateAsync(name);
        var policy = Denial("GetSecretValue", JsonNode.Parse(condition)!.AsObject());
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy });
        if (isDenied) await DeniedAsync("GetSecretValue", new JsonObject { ["SecretId"] = name }, name);
        else await OkAsync("GetSecretValue", new { SecretId = name });
    }

    [Fact]
    public async Task TimeKeys_FollowTheClock()
    {
        await using var server = await TestServer.StartAsync(Stop);
        await server.CallAsync("CreateSecret", new { Name = "timed", SecretString = "s", ClientRequestToken = NewToken() }, Stop);
        var opens = server.Clock.GetUtcNow().AddHours(1);
        foreach (var condition in new[]
        {
            $"DateLessThan aws:CurrentTime {Iso(opens)}",
            $"NumericLessThan aws:EpochTime {opens.AddHours(1).ToUnixTimeSeconds()}",
        })
        {
            var policy = Denial("GetSecretValue", Condition(condition, default));
            var put = await server.CallAsync("PutResourcePolicy", new { SecretId = "timed", ResourcePolicy = policy }, Stop);
            put.IsSuccess.ShouldBeTrue(put.Body);
            (await server.CallAsync("GetSecretValue", new { SecretId = "timed" }, Stop)).ErrorCode.ShouldBe("AccessDeniedException");
            server.Clock.Advance(TimeSpan.FromHours(1));
            (await server.CallAsync("GetSecretValue", new { SecretId = "timed" }, Stop)).IsSuccess.ShouldBeTrue();
        }
    }

    /// <summary>A value in memory is handed out only while the policy that came with it holds.</summary>
    [Fact]
    public async Task CachedValue_IsDeniedFromTheAnswerOfPutOn()
    {
        var secret = await NewSecretAsync();
        string[] spellings = [secret.Name, secret.Arn, secret.Arn[..^7]];
        foreach (var id in spellings) (await ValueAsync(id)).ShouldBe("second");

        await OkAsync("PutResourcePolicy", new { SecretId = secret.Name, ResourcePolicy = Denial("GetSecretValue", []) });
        foreach (var id in spellings) await DeniedAsync("GetSecretValue", new JsonObject { ["SecretId"] = id }, id);

        await OkAsync("PutResourcePolicy", new
        {
            SecretId = secret.Name,
            ResourcePolicy = Denial("GetSecretValue", Condition("Is aws:ResourceTag/team blue", secret)),
        });
        // Read twice: the second time from memory, with the policy.
        foreach (var id in spellings) (await ValueAsync(id)).ShouldBe("second");
        foreach (var id in spellings) (await ValueAsync(id)).ShouldBe("second");
        await TagAsync(secret.Name, "team", "blue");
        foreach (var id in spellings) await DeniedAsync("GetSecretValue", new JsonObject { ["SecretId"] = id }, id);

        await OkAsync("DeleteResourcePolicy", new { SecretId = secret.Name });
        foreach (var id in spellings) (await ValueAsync(id)).ShouldBe("second");
    }

    /// <summary>The condition is evaluated for each call, not once for the entry.</summary>
    [Fact]
    public async Task CachedPolicy_IsEvaluatedAnewForEachCall()
    {
        var secret = await NewSecretAsync();
        var policy = Denial("GetSecretValue", Condition("Is aws:UserAgent bad", secret));
        await OkAsync("PutResourcePolicy", new { SecretId = secret.Name, ResourcePolicy = policy });
        for (var time = 0; time < 3; time++)
        {
            (await ValueAsync(secret.Name)).ShouldBe("second");
            var body = Encoding.UTF8.GetBytes($$"""{"SecretId":"{{secret.Name}}"}""");
            using var request = Server.JsonRequest("secretsmanager.GetSecretValue", body);
            request.Headers.TryAddWithoutValidation("User-Agent", "bad");
            (await TestServer.SendAsync(Server.SecretsManager, request, Stop)).ErrorCode.ShouldBe("AccessDeniedException");
        }
    }

    [Fact]
    public async Task DeniedSecret_IsAnEntryOfABatchsErrors()
    {
        var (open, closed) = (NewName(), NewName());
        await CreateAsync(open);
        await CreateAsync(closed);
        await ValueAsync(closed);
        await OkAsync("PutResourcePolicy", new { SecretId = closed, ResourcePolicy = Denial("GetSecretValue", []) });
        var answer = await OkAsync("BatchGetSecretValue", new { SecretIdList = new[] { closed, open } });
        answer["SecretValues"]!.AsArray().ShouldHaveSingleItem()!["Name"]!.GetValue<string>().ShouldBe(open);
        var error = answer["Errors"]!.AsArray().ShouldHaveSingleItem()!;
        (Text(error, "SecretId"), Text(error, "ErrorCode"), Text(error, "Message"))
            .ShouldBe((closed, "AccessDeniedException", Refusal("GetSecretValue", closed)));
    }

    [Fact]
    public async Task Denial_ComesBeforeTheStateOfTheSecret()
    {
        var secret = await NewSecretAsync();
        await OkAsync("PutResourcePolicy", new { SecretId = secret.Name, ResourcePolicy = Denial("GetSecretValue", []) });
        await OkAsync("DeleteSecret", new { SecretId = secret.Name });
        await DeniedAsync("GetSecretValue", new JsonObject { ["SecretId"] = secret.Name }, secret.Name);
        await DeniedAsync(
            "GetSecretValue", new JsonObject { ["SecretId"] = secret.Name, ["VersionId"] = NewToken() }, secret.Name);
    }

    [Fact]
    public async Task Validation_NeedsThePermissionToPut()
    {
        var secret = await NewSecretAsync();
        var guard = Denial("PutResourcePolicy", Condition("Bool BlockPublicPolicy false", secret));
        await OkAsync("PutResourcePolicy", new { SecretId = secret.Name, ResourcePolicy = guard });
        var answer = await Server.CallAsync("ValidateResourcePolicy", new { SecretId = secret.Name, ResourcePolicy = guard }, Stop);
        (answer.ErrorCode, answer.ErrorMessage).ShouldBe(("AccessDeniedException", Refusal("PutResourcePolicy", secret.Name)));
    }

    /// <summary>Conditions can lock out whom the check at PutResourcePolicy let pass. The root can always take the policy away.</summary>
    [Fact]
    public async Task Root_TakesAwayWhatDeniesItEverything()
    {
        await using var server = await TestServer.StartAsync(Stop);
        await server.CallAsync("CreateSecret", new { Name = "lost", SecretString = "s", ClientRequestToken = NewToken() }, Stop);
        var condition = Condition($"DateGreaterThan aws:CurrentTime {Iso(server.Clock.GetUtcNow().AddHours(1))}", default);
        var policy = Denial("*", condition);
        (await server.CallAsync("PutResourcePolicy", new { SecretId = "lost", ResourcePolicy = policy }, Stop)).IsSuccess.ShouldBeTrue();
        server.Clock.Advance(TimeSpan.FromHours(2));
        foreach (var operation in new[] { "GetSecretValue", "DescribeSecret", "GetResourcePolicy", "DeleteSecret" })
            (await server.CallAsync(operation, new { SecretId = "lost" }, Stop)).ErrorCode.ShouldBe("AccessDeniedException", operation);
        (await server.CallAsync("PutResourcePolicy", new { SecretId = "lost", ResourcePolicy = policy }, Stop))
            .ErrorCode.ShouldBe("AccessDeniedException");

        await RescueAsync(server);
    }

    /// <summary>The policy of a secret that is scheduled for deletion cannot be taken away: the root may restore it first.</summary>
    [Fact]
    public async Task Root_RestoresWhatDeniesItEverything()
    {
        await using var server = await TestServer.StartAsync(Stop);
        await server.CallAsync("CreateSecret", new { Name = "lost", SecretString = "s", ClientRequestToken = NewToken() }, Stop);
        var condition = Condition($"DateGreaterThan aws:CurrentTime {Iso(server.Clock.GetUtcNow().AddHours(1))}", default);
        await server.CallAsync("PutResourcePolicy", new { SecretId = "lost", ResourcePolicy = Denial("*", condition) }, Stop);
        await server.CallAsync("DeleteSecret", new { SecretId = "lost" }, Stop);
        server.Clock.Advance(TimeSpan.FromHours(2));
        (await server.CallAsync("DescribeSecret", new { SecretId = "lost" }, Stop)).ErrorCode.ShouldBe("AccessDeniedException");

        (await server.CallAsync("RestoreSecret", new { SecretId = "lost" }, Stop)).IsSuccess.ShouldBeTrue();
        await RescueAsync(server);
    }

    private static async Task RescueAsync(TestServer server)
    {
        (await server.CallAsync("DeleteResourcePolicy", new { SecretId = "lost" }, Stop)).IsSuccess.ShouldBeTrue();
        (await server.CallAsync("GetSecretValue", new { SecretId = "lost" }, Stop)).IsSuccess.ShouldBeTrue();
    }

    /// <summary>A change of tags that would deny the caller the next one is refused, and nothing is changed.</summary>
    [Theory]
    [InlineData("TagResource", "'Tags':[{'Key':'team','Value':'blue'}]", "Is aws:ResourceTag/team blue")]
    [InlineData("UntagResource", "'TagKeys':['team']", "StringNotEquals aws:ResourceTag/team red")]
    public async Task TagsThatWouldCostTheCallerItsAccess_AreRefused(string operation, string with, string condition)
    {
        var secret = await NewSecretAsync();
        var policy = Denial(operation, Condition(condition, secret));
        await OkAsync("PutResourcePolicy", new { SecretId = secret.Name, ResourcePolicy = policy });
        await DeniedAsync(operation, Members(with, secret), secret.Name);
        (await OkAsync("DescribeSecret", new { SecretId = secret.Name }))["Tags"]!.ToJsonString()
            .ShouldBe("""[{"Key":"team","Value":"red"}]""");
    }

    /// <summary>Names of keys know no case, tags do: two that differ in it alone are two values of one key.</summary>
    [Fact]
    public async Task TagOfAnotherCase_HidesNone()
    {
        var secret = await NewSecretAsync();
        await OkAsync("PutResourcePolicy", new
        {
            SecretId = secret.Name,
            ResourcePolicy = Denial("TagResource", Condition("Is aws:RequestTag/env prod", secret)),
        });
        await DeniedAsync(
            "TagResource", Members("'Tags':[{'Key':'ENV','Value':'x'},{'Key':'env','Value':'prod'}]", secret), secret.Name);

        await TagAsync(secret.Name, "ENV", "x");
        await OkAsync("PutResourcePolicy", new
        {
            SecretId = secret.Name,
            ResourcePolicy = Denial("GetSecretValue", Condition("Is aws:ResourceTag/env prod", secret)),
        });
        (await ValueAsync(secret.Name)).ShouldBe("second");
        await TagAsync(secret.Name, "env", "prod");
        await DeniedAsync("GetSecretValue", new JsonObject { ["SecretId"] = secret.Name }, secret.Name);
    }

    /// <summary>Until a rotation is settled its version is AWSCURRENT and AWSPENDING: whoever may read the one is not locked out.</summary>
    [Theory]
    [InlineData("Is VersionStage AWSPENDING")]
    [InlineData("ForAnyValue:StringEquals VersionStage AWSPENDING")]
    [InlineData("StringNotEquals VersionStage AWSCURRENT")]
    public async Task DenialOfWhatIsPending_DoesNotReachWhatIsCurrent(string condition)
    {
        var secret = await NewSecretAsync();
        await OkAsync("PutResourcePolicy", new
        {
            SecretId = secret.Name,
            ResourcePolicy = Denial("GetSecretValue", Condition(condition, secret)),
        });
        var pending = new JsonObject { ["SecretId"] = secret.Name, ["VersionStage"] = "AWSPENDING" };
        await PutAsync(secret.Name, "rotated", "AWSPENDING");
        await DeniedAsync("GetSecretValue", pending, secret.Name);

        await PutAsync(secret.Name, "third", "AWSCURRENT", "AWSPENDING");
        for (var time = 0; time < 2; time++) (await ValueAsync(secret.Name)).ShouldBe("third");
        await DeniedAsync("GetSecretValue", pending, secret.Name);
    }

    /// <summary>What denies one secret leaves the others alone, and an allow alone changes nothing for the root.</summary>
    [Fact]
    public async Task Policy_ConcernsItsSecretAndItsPrincipals()
    {
        var (mine, other) = (NewName(), NewName());
        await CreateAsync(mine);
        await CreateAsync(other);
        await OkAsync("PutResourcePolicy", new { SecretId = mine, ResourcePolicy = Denial("GetSecretValue", []) });
        await DeniedAsync("GetSecretValue", new JsonObject { ["SecretId"] = mine }, mine);
        await OkAsync("GetSecretValue", new { SecretId = other });
        await OkAsync("DescribeSecret", new { SecretId = mine });

        var foreigner = Denial("GetSecretValue", []).Replace("\"*\",\"Action\"", "{\"AWS\":\"999999999999\"},\"Action\"");
        await OkAsync("PutResourcePolicy", new { SecretId = mine, ResourcePolicy = foreigner });
        await OkAsync("GetSecretValue", new { SecretId = mine });
        await OkAsync("PutResourcePolicy", new { SecretId = mine, ResourcePolicy = foreigner.Replace("Deny", "Allow") });
        await OkAsync("GetSecretValue", new { SecretId = mine });
    }

    private static string Iso(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Denial(string operation, JsonObject condition) => new JsonObject
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonObject
        {
            ["Effect"] = "Deny",
            ["Principal"] = "*",
            ["Action"] = $"secretsmanager:{operation}",
            ["Resource"] = "*",
            ["Condition"] = condition,
        },
    }.ToJsonString();

    private static JsonObject Condition(string cell, (string Name, string Arn, string Version) secret)
    {
        var parts = cell.Split(' ', 3);
        var key = parts[1].Contains(':') ? parts[1] : $"secretsmanager:{parts[1]}";
        var value = parts[2] switch
        {
            "V" => secret.Version,
            "N" => secret.Name,
            "A" => secret.Arn,
            "T" => NewToken(),
            "K" => Key,
            "F" => Function,
            _ => parts[2],
        };
        return new JsonObject { [parts[0] == "Is" ? "StringEquals" : parts[0]] = new JsonObject { [key] = value } };
    }

    private static JsonObject Members(string cell, (string Name, string Arn, string Version) secret)
    {
        var request = new JsonObject { ["SecretId"] = secret.Name };
        var rest = new List<string>();
        foreach (var member in cell.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (member == "T") request["ClientRequestToken"] = NewToken();
            else if (member == "K") request["KmsKeyId"] = Key;
            else if (member == "F") request["RotationLambdaARN"] = Function;
            else if (member == "R") request["RotationRules"] = new JsonObject { ["AutomaticallyAfterDays"] = 9 };
            else if (member == "P") request["ResourcePolicy"] = Denial("GetSecretValue", []);
            else rest.Add(member.Replace('\'', '"').Replace(":V", $":\"{secret.Version}\""));
        }
        foreach (var (name, value) in JsonNode.Parse($"{{{string.Join(',', rest)}}}")!.AsObject()) request[name] = value!.DeepClone();
        return request;
    }

    private static string Refusal(string operation, string secretId) =>
        $"User: arn:aws:iam::123456789012:root is not authorized to perform: secretsmanager:{operation} on resource: {secretId}"
        + " with an explicit deny in a resource-based policy";

    /// <summary>A secret with two values, a tag and a type.</summary>
    private async Task<(string Name, string Arn, string Version)> NewSecretAsync()
    {
        var name = NewName();
        var arn = Text(await OkAsync("CreateSecret", new
        {
            Name = name,
            SecretString = "first",
            ClientRequestToken = NewToken(),
            Type = "Partner",
            Tags = new[] { new { Key = "team", Value = "red" } },
        }), "ARN");
        return (name, arn, await PutAsync(name, "second"));
    }

    private async Task DeniedAsync(string operation, JsonObject request, string secretId)
    {
        var answer = await Server.CallRawAsync(operation, request.ToJsonString(), Stop);
        (answer.ErrorCode, answer.ErrorMessage).ShouldBe(("AccessDeniedException", Refusal(operation, secretId)));
    }

    private async Task TagAsync(string id, string key, string value) =>
        (await Server.CallAsync("TagResource", new { SecretId = id, Tags = new[] { new { Key = key, Value = value } } }, Stop))
            .IsSuccess.ShouldBeTrue();
}
