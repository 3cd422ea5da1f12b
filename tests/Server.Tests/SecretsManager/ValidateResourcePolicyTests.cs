using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>
/// What a policy is refused for: PutResourcePolicy tells the first reason, ValidateResourcePolicy all of them.
/// </summary>
public sealed class ValidateResourcePolicyTests(SecretsManagerServer server) : OperationTests(server)
{
    private const string SyntaxText = "This resource policy contains a syntax error. ";
    private const string PrincipalText = "This resource policy contains an unsupported principal. ";
    private const string ServiceText = "This resource policy contains an invalid service principal. ";
    private const string LockoutText = "Your requested changes will not allow you to manage this secret in the future.";
    private const string BroadText = "This resource policy grants broad access to your secret.";

    [Theory]
    [InlineData("""{"AWS":"arn:aws:iam::123456789012:root"}""")]
    [InlineData("""{"AWS":"123456789012"}""")]
    [InlineData("""{"AWS":["999999999999","arn:aws:iam::888888888888:root"]}""")]
    [InlineData("""{"AWS":"arn:aws:iam::999999999999:user/path/someone"}""")]
    [InlineData("""{"AWS":"arn:aws:iam::999999999999:role/reader"}""")]
    [InlineData("""{"AWS":"arn:aws:sts::999999999999:assumed-role/reader/session"}""")]
    [InlineData("""{"Service":"lambda.amazonaws.com"}""")]
    [InlineData("""{"Service":["logs.eu-west-1.amazonaws.com","ec2.amazonaws.com.cn"]}""")]
    [InlineData("""{"Federated":"cognito-identity.amazonaws.com"}""")]
    public async Task Principals_ThatMayExist_Pass(string principal) => await PassesAsync(Policy(principal: principal));

    [Theory]
    [InlineData("\"secretsmanager:*\"")]
    [InlineData("\"*\"")]
    [InlineData("\"SecretsManager:getsecretvalue\"")]
    [InlineData("[\"secretsmanager:Get*\",\"secretsmanager:?escribeSecret\",\"secretsmanager:ListSecrets\"]")]
    public async Task Actions_OfSecretsManager_Pass(string action) => await PassesAsync(Policy(action: action));

    [Theory]
    [InlineData("*")]
    [InlineData("{arn}")]
    [InlineData("{partial}-??????")]
    [InlineData("{partial}-*")]
    [InlineData("arn:aws:secretsmanager:*:123456789012:secret:*")]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:secret:${aws:username}/*")]
    public async Task Resources_ThatCanMeanTheSecret_Pass(string resource)
    {
        var name = NewName();
        var arn = await CreateAsync(name);
        var policy = Policy(resource: resource.Replace("{arn}", arn).Replace("{partial}", arn[..^7]));
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy });
        await PassesAsync(policy, name);
    }

    [Theory]
    [InlineData("""{"AWS":"arn:aws:iam::123456789012:user/nobody"}""", "'arn:aws:iam::123456789012:user/nobody' does not")]
    [InlineData("""{"AWS":"arn:aws:iam::123456789012:role/nobody"}""", "'arn:aws:iam::123456789012:role/nobody' does not")]
    [InlineData("""{"AWS":"arn:aws:sts::123456789012:assumed-role/r/s"}""", "'arn:aws:sts::123456789012:assumed-role/r/s' does not")]
    [InlineData("""{"AWS":["999999999999","AIDAQ3EGRIFXKXGPUZPQQ"]}""", "'AIDAQ3EGRIFXKXGPUZPQQ' does not")]
    [InlineData("""{"AWS":"arn:aws-cn:iam::999999999999:root"}""", "'arn:aws-cn:iam::999999999999:root' does not")]
    [InlineData("""{"Federated":"arn:aws:iam::123456789012:saml-provider/p"}""", "'arn:aws:iam::123456789012:saml-provider/p' does not")]
    public async Task Principals_ThatDoNotExist_AreUnsupported(string principal, string detail) =>
        await FailsAsync(Policy(principal: principal), ("PrincipalCheck", $"{PrincipalText}Statement 1: {detail} exist."));

    [Theory]
    [InlineData("""{"AWS":"nobody"}""")]
    [InlineData("""{"AWS":"arn:aws:iam::12345:root"}""")]
    [InlineData("""{"AWS":"arn:aws:iam::999999999999:user/*"}""")]
    [InlineData("""{"AWS":"arn:aws:s3:::bucket"}""")]
    [InlineData("""{"AWS":"arn:nowhere:iam::999999999999:root"}""")]
    [InlineData("\"everybody\"")]
    public async Task Principals_ThatAreNone_AreUnsupportedWithTheirPlace(string principal)
    {
        var findings = await FindingsAsync(Policy(principal: principal));
        findings.Length.ShouldBe(1);
        findings[0].CheckName.ShouldBe("PrincipalCheck");
        findings[0].ErrorMessage.ShouldStartWith($"{PrincipalText}Line 1, column ");
    }

    [Theory]
    [InlineData("lambda.example.com", "Statement 1: 'lambda.example.com' is not a service of AWS.")]
    [InlineData("lambda", "Line 1, column ")]
    public async Task Services_ThatAreNone_AreInvalid(string service, string detail)
    {
        var findings = await FindingsAsync(Policy(principal: $$"""{"AWS":"999999999999","Service":["{{service}}"]}"""));
        findings.Length.ShouldBe(1);
        findings[0].CheckName.ShouldBe("ServicePrincipalCheck");
        findings[0].ErrorMessage.ShouldStartWith(ServiceText + detail);
    }

    [Theory]
    [InlineData("secretsmanager:GetSecret")]
    [InlineData("secretsmanager:Fetch*")]
    [InlineData("s3:GetObject")]
    [InlineData("kms:*")]
    public async Task Actions_OfNobodyOrOthers_AreErrors(string action) =>
        await FailsAsync(
            Policy(action: $"""["secretsmanager:GetSecretValue","{action}"]"""),
            ("SyntaxCheck", $"{SyntaxText}Statement 1: '{action}' is not an action of Secrets Manager."));

    [Theory]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:secret:b-??????")]
    [InlineData("arn:aws:secretsmanager:eu-west-1:123456789012:secret:*")]
    [InlineData("arn:aws:secretsmanager:us-east-1:999999999999:secret:*")]
    [InlineData("arn:aws-cn:secretsmanager:us-east-1:123456789012:secret:*")]
    [InlineData("arn:aws:s3:::bucket/*")]
    public async Task Resources_ThatCannotMeanTheSecret_AreErrors(string resource)
    {
        var name = NewName();
        await CreateAsync(name);
        var text = $"{SyntaxText}Statement 1: '{resource}' cannot mean this secret; use \"*\".";
        await FailsAsync(Policy(resource: resource), name, ("SyntaxCheck", text));
    }

    [Fact]
    public async Task WhatIsRepeated_IsCutShort() => await FailsAsync(
        Policy(principal: $$"""{"AWS":"arn:aws:iam::123456789012:user/{{new string('u', 100)}}"}"""),
        ("PrincipalCheck", $"{PrincipalText}Statement 1: 'arn:aws:iam::123456789012:user/{new string('u', 33)}...' does not exist."));

    /// <summary>Without a secret every secret is meant, so only the service can be wrong.</summary>
    [Fact]
    public async Task Resources_WithoutASecret_NeedOnlyBeSecrets()
    {
        await PassesAsync(Policy(resource: "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-??????"), secretId: null);
        var findings = await FindingsAsync(Policy(resource: "arn:aws:s3:::bucket/*"), secretId: null);
        findings.ShouldHaveSingleItem().CheckName.ShouldBe("SyntaxCheck");
    }

    [Theory]
    [InlineData("""{"Statement":[{"Effect":"AllowSomething","Principal":"*","Action":"*","Resource":"*"}]}""",
        "Line 1, column 25 ($.Statement[0].Effect): Effect must be Allow or Deny.")]
    [InlineData("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [ ]\n}",
        "Line 3, column ")]
    [InlineData("""{"Version":"2019-10-19","Statement":[]}""", "Line 1, column 12 ($.Version): Version must be ")]
    [InlineData("[]", "Line 1, column 1 ($): A policy must be an object.")]
    [InlineData("""{"Statement":{"Effect":"Deny","Principal":"*","Action":"*"}}""", "Line 1, column 14 ($.Statement): The statement has ")]
    [InlineData("""{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}""", "Line 1, column 14 ($.Statement): The statement has ")]
    public async Task Grammar_IsToldWithItsPlace(string policy, string detail)
    {
        var finding = (await FindingsAsync(policy)).ShouldHaveSingleItem();
        finding.CheckName.ShouldBe("SyntaxCheck");
        finding.ErrorMessage.ShouldStartWith(SyntaxText + detail);
    }

    [Theory]
    [InlineData("{", "Line 1, column 2")]
    [InlineData("no json", "Line 1, column 2")]
    [InlineData("{\"Statement\":[\n{\"Effect\":\"Allow\",}]}", "Line 2, column 19")]
    [InlineData("""{"Id":"\ud800"}""", "Line 1, column 7")]
    [InlineData("""{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}} {}""", "Line 1, column 77")]
    public async Task WhatIsNoJson_IsMalformedForBoth(string policy, string place)
    {
        var name = NewName();
        await CreateAsync(name);
        foreach (var operation in new[] { "PutResourcePolicy", "ValidateResourcePolicy" })
        {
            var answer = await Server.CallAsync(operation, new { SecretId = name, ResourcePolicy = policy }, Stop);
            answer.ErrorCode.ShouldBe("MalformedPolicyDocumentException", operation);
            answer.ErrorMessage!.ShouldStartWith(SyntaxText + place);
        }
    }

    [Fact]
    public async Task DeepNesting_IsMalformed()
    {
        var name = NewName();
        await CreateAsync(name);
        var answer = await Server.CallAsync(
            "PutResourcePolicy", new { SecretId = name, ResourcePolicy = new string('[', 10_000) + new string(']', 10_000) }, Stop);
        answer.ErrorCode.ShouldBe("MalformedPolicyDocumentException");
    }

    [Fact]
    public async Task Validation_ListsEverything_AndPutTellsTheFirst()
    {
        var name = NewName();
        await CreateAsync(name);
        const string policy = """
            {"Statement":[
            {"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:user/x","Service":"a.example.com"},
            "Action":"s3:*","Resource":"*"},
            {"Effect":"Deny","Principal":"*","Action":"secretsmanager:PutResourcePolicy","Resource":"arn:aws:s3:::b"},
            {"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"secretsmanager:*","Resource":"*"},
            {"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}
            """;
        (string, string)[] expected =
        [
            ("SyntaxCheck", SyntaxText + "Statement 1: 's3:*' is not an action of Secrets Manager."),
            ("SyntaxCheck", SyntaxText + "Statement 2: 'arn:aws:s3:::b' cannot mean this secret; use \"*\"."),
            ("PrincipalCheck", PrincipalText + "Statement 1: 'arn:aws:iam::123456789012:user/x' does not exist."),
            ("ServicePrincipalCheck", ServiceText + "Statement 1: 'a.example.com' is not a service of AWS."),
            ("LockoutCheck", LockoutText),
            ("BroadAccessCheck", BroadText),
        ];
        await FailsAsync(policy, name, expected);
        await FailAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy, BlockPublicPolicy = true },
            "MalformedPolicyDocumentException", expected[0].Item2);
        (await OkAsync("GetResourcePolicy", new { SecretId = name }))["ResourcePolicy"].ShouldBeNull();
    }

    [Fact]
    public async Task Answer_HasAnEmptyListWhenThePolicyPasses()
    {
        var name = NewName();
        await CreateAsync(name);
        foreach (object request in new object[] { new { ResourcePolicy = Policy() }, new { SecretId = name, ResourcePolicy = Policy() } })
        {
            (await OkAsync("ValidateResourcePolicy", request)).ToJsonString()
                .ShouldBe("""{"PolicyValidationPassed":true,"ValidationErrors":[]}""");
        }
        (await OkAsync("GetResourcePolicy", new { SecretId = name }))["ResourcePolicy"].ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"Effect":"Deny","Principal":"*","Action":"secretsmanager:*","Resource":"*"}""")]
    [InlineData("""{"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"secretsmanager:PutResourcePolicy","Resource":"{arn}"}""")]
    [InlineData("""{"Effect":"Deny","Principal":{"AWS":["123456789012"]},"NotAction":"secretsmanager:Get*","Resource":"*"}""")]
    [InlineData("""{"Effect":"Deny","NotPrincipal":{"AWS":"999999999999"},"Action":"*","Resource":"*"}""")]
    [InlineData("""{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}""")]
    [InlineData("""{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"::1"}}}""")]
    public async Task LockingTheCallerOut_IsRefused(string statement)
    {
        var name = NewName();
        var arn = await CreateAsync(name);
        var policy = $$"""{"Version":"2012-10-17","Statement":[{{statement.Replace("{arn}", arn)}}]}""";
        await FailAsync(
            "PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy }, "MalformedPolicyDocumentException", LockoutText);
        await FailsAsync(policy, name, ("LockoutCheck", LockoutText));
        await OkAsync("GetSecretValue", new { SecretId = name });
    }

    [Theory]
    [InlineData("""{"Effect":"Deny","Principal":"*","NotAction":"secretsmanager:PutResourcePolicy","Resource":"*"}""")]
    [InlineData("""{"Effect":"Deny","Principal":"*","Action":"secretsmanager:DeleteResourcePolicy","Resource":"*"}""")]
    [InlineData("""{"Effect":"Deny","Principal":{"AWS":"999999999999"},"Action":"*","Resource":"*"}""")]
    [InlineData("""{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.1"}}}""")]
    [InlineData("""
        {"Effect":"Deny","Principal":"*","Action":"secretsmanager:PutResourcePolicy","Resource":"*",
        "Condition":{"Bool":{"secretsmanager:BlockPublicPolicy":"false"}}}
        """)]
    public async Task PolicyThatCanStillBeReplaced_IsNoLockOut(string statement)
    {
        var name = NewName();
        await CreateAsync(name);
        var policy = $$"""{"Version":"2012-10-17","Statement":[{{statement}}]}""";
        await PassesAsync(policy, name);
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy });
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = Policy(), BlockPublicPolicy = true });
    }

    [Theory]
    [InlineData("\"*\"", "{}", true)]
    [InlineData("""{"AWS":"*"}""", "{}", true)]
    [InlineData("""{"AWS":["999999999999","*"]}""", "{}", true)]
    [InlineData("\"*\"", """{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}""", false)]
    [InlineData("\"*\"", """{"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}}""", false)]
    [InlineData("\"*\"", """{"StringEquals":{"aws:SourceAccount":"999999999999"}}""", false)]
    [InlineData("\"*\"", """{"ArnEquals":{"aws:SourceArn":"arn:aws:lambda:us-east-1:999999999999:function:f"}}""", false)]
    [InlineData("\"*\"", """{"StringLike":{"aws:SourceVpc":"*"}}""", true)]
    [InlineData("\"*\"", """{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}""", true)]
    [InlineData("\"*\"", """{"StringEquals":{"secretsmanager:VersionStage":"AWSCURRENT"}}""", true)]
    [InlineData("""{"AWS":"999999999999"}""", "{}", false)]
    [InlineData("""{"Service":"lambda.amazonaws.com"}""", "{}", false)]
    public async Task BroadAccess_IsBlockedWhenAskedFor(string principal, string condition, bool isPublic)
    {
        var name = NewName();
        await CreateAsync(name);
        var policy = $$$"""
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{{{principal}}},"Action":"secretsmanager:GetSecretValue",
            "Resource":"*","Condition":{{{condition}}}}}
            """;
        if (isPublic)
        {
            await FailAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy, BlockPublicPolicy = true },
                "PublicPolicyException", "You can't attach a resource-based policy that allows broad access to the secret.");
            await FailsAsync(policy, name, ("BroadAccessCheck", BroadText));
            (await OkAsync("GetResourcePolicy", new { SecretId = name }))["ResourcePolicy"].ShouldBeNull();
        }
        else
        {
            await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy, BlockPublicPolicy = true });
            await PassesAsync(policy, name);
        }
        // By default nothing is blocked.
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy });
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy, BlockPublicPolicy = false });
    }

    private static string Policy(
        string principal = """{"AWS":"999999999999"}""", string action = "\"secretsmanager:GetSecretValue\"", string resource = "*") =>
        $$"""
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{{principal}},
        "Action":{{action}},"Resource":"{{resource}}"}]}
        """;

    private async Task PassesAsync(string policy)
    {
        var name = NewName();
        await CreateAsync(name);
        await PassesAsync(policy, name);
        await OkAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy });
    }

    private async Task PassesAsync(string policy, string? secretId) => (await FindingsAsync(policy, secretId)).ShouldBeEmpty();

    private async Task FailsAsync(string policy, (string Check, string Message) expected)
    {
        var name = NewName();
        await CreateAsync(name);
        await FailsAsync(policy, name, expected);
        await FailAsync("PutResourcePolicy", new { SecretId = name, ResourcePolicy = policy },
            "MalformedPolicyDocumentException", expected.Message);
    }

    private async Task FailsAsync(string policy, string? secretId, params (string Check, string Message)[] expected) =>
        (await FindingsAsync(policy, secretId)).ShouldBe(expected);

    private async Task<(string CheckName, string ErrorMessage)[]> FindingsAsync(string policy)
    {
        var name = NewName();
        await CreateAsync(name);
        return await FindingsAsync(policy, name);
    }

    private async Task<(string CheckName, string ErrorMessage)[]> FindingsAsync(string policy, string? secretId)
    {
        object request = secretId is null ? new { ResourcePolicy = policy } : new { SecretId = secretId, ResourcePolicy = policy };
        var answer = await OkAsync("ValidateResourcePolicy", request);
        var findings = answer["ValidationErrors"]!.AsArray()
            .Select(entry => (CheckName: Text(entry!, "CheckName"), ErrorMessage: Text(entry!, "ErrorMessage"))).ToArray();
        answer["PolicyValidationPassed"]!.GetValue<bool>().ShouldBe(findings.Length == 0);
        return findings;
    }
}
