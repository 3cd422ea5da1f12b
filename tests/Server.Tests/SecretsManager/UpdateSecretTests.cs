using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class UpdateSecretTests(SecretsManagerServer server) : OperationTests(server)
{
    [Fact]
    public async Task Value_BecomesCurrent()
    {
        var (name, v1, v2) = (NewName(), NewToken(), NewToken());
        var arn = await CreateAsync(name, "one", v1);
        var answer = await OkAsync("UpdateSecret", new { SecretId = name, SecretString = "two", ClientRequestToken = v2 });
        answer.ToJsonString().ShouldBe($$"""{"ARN":"{{arn}}","Name":"{{name}}","VersionId":"{{v2}}"}""");
        (await LabelsAsync(name)).ShouldBe($"{v1}:AWSPREVIOUS {v2}:AWSCURRENT");
        (await ValueAsync(name)).ShouldBe("two");
    }

    [Fact]
    public async Task Metadata_MakesNoVersion()
    {
        var (name, v1) = (NewName(), NewToken());
        await CreateAsync(name, "one", v1);
        var answer = await OkAsync("UpdateSecret", new { SecretId = name, Description = "d", ClientRequestToken = NewToken() });
        answer["VersionId"].ShouldBeNull();
        (await LabelsAsync(name)).ShouldBe($"{v1}:AWSCURRENT");
        Text(await OkAsync("DescribeSecret", new { SecretId = name }), "Description").ShouldBe("d");
    }

    [Fact]
    public async Task OnlyWhatIsGiven_Changes()
    {
        var name = NewName();
        await OkAsync("CreateSecret", new { Name = name, Description = "d", Type = "t", ClientRequestToken = NewToken() });
        await OkAsync("UpdateSecret", new { SecretId = name, KmsKeyId = "alias/aws/secretsmanager", ClientRequestToken = NewToken() });
        var described = await OkAsync("DescribeSecret", new { SecretId = name });
        (Text(described, "Description"), Text(described, "Type")).ShouldBe(("d", "t"));
        Text(described, "KmsKeyId").ShouldBe("alias/aws/secretsmanager");
        await OkAsync("UpdateSecret", new { SecretId = name, Description = "", KmsKeyId = "", ClientRequestToken = NewToken() });
        described = await OkAsync("DescribeSecret", new { SecretId = name });
        described["Description"].ShouldBeNull();
        described["KmsKeyId"].ShouldBeNull();
        Text(described, "Type").ShouldBe("t");
    }

    [Fact]
    public async Task SameTokenOtherValue_ChangesNothing()
    {
        var (name, token) = (NewName(), NewToken());
        var arn = await CreateAsync(name, "one", token);
        await FailAsync("UpdateSecret", new { SecretId = name, Description = "d", SecretString = "two", ClientRequestToken = token },
            "ResourceExistsException",
            $"You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}.");
        (await OkAsync("DescribeSecret", new { SecretId = name }))["Description"].ShouldBeNull();
    }

    [Fact]
    public async Task TagsAndRotation_StayAsTheyAre()
    {
        var name = NewName();
        await CreateAsync(name);
        await Server.CallAsync("TagResource", new { SecretId = name, Tags = new[] { new { Key = "k", Value = "v" } } }, Stop);
        await OkAsync("RotateSecret", new
        {
            SecretId = name,
            ClientRequestToken = NewToken(),
            RotateImmediately = false,
            RotationLambdaARN = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser",
            RotationRules = new { ScheduleExpression = "rate(4 hours)", Duration = "2h" },
        });
        string[] untouched = ["Name", "NextRotationDate", "RotationEnabled", "RotationLambdaARN", "RotationRules", "Tags"];
        var before = await OkAsync("DescribeSecret", new { SecretId = name });
        await OkAsync("UpdateSecret",
            new { SecretId = name, SecretString = "s", Description = "d", Type = "t", KmsKeyId = "", ClientRequestToken = NewToken() });
        var after = await OkAsync("DescribeSecret", new { SecretId = name });
        foreach (var member in untouched) after[member]!.ToJsonString().ShouldBe(before[member]!.ToJsonString(), member);
    }

    [Fact]
    public async Task Refusals()
    {
        var name = NewName();
        await CreateAsync(name);
        await FailAsync("UpdateSecret", new { SecretId = "nobody", Description = "d" }, "InvalidRequestException", TokenMissing);
        await FailAsync("UpdateSecret", new { SecretId = "a b" }, "ValidationException", InvalidName);
        await FailAsync(
            "UpdateSecret", new { SecretId = "nobody", ClientRequestToken = NewToken() }, "ResourceNotFoundException", NotFound);
        await FailAsync("UpdateSecret", new { SecretId = name, KmsKeyId = "alias/nobody", ClientRequestToken = NewToken() },
            "InvalidParameterException", "The operation failed because of an invalid KMS key: Invalid keyId alias/nobody");
        await FailAsync("UpdateSecret",
            new { SecretId = name, SecretString = "s", SecretBinary = "AAEC", ClientRequestToken = NewToken() },
            "InvalidParameterException",
            "You can't specify both a binary secret value and a string secret value in the same secret.");
        await OkAsync("DeleteSecret", new { SecretId = name });
        await FailAsync("UpdateSecret", new { SecretId = name, ClientRequestToken = NewToken() },
            "InvalidRequestException", MarkedForDeletion);
    }
}
