using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed partial class CreateSecretTests(SecretsManagerServer server) : OperationTests(server)
{
    [Fact]
    public async Task WithValue_HasOneVersionLabelledCurrent()
    {
        var (name, token) = (NewName(), NewToken());
        var created = await OkAsync("CreateSecret", new { Name = name, SecretString = "s", ClientRequestToken = token });
        Text(created, "Name").ShouldBe(name);
        Text(created, "VersionId").ShouldBe(token);
        FullArn().IsMatch(Text(created, "ARN")).ShouldBeTrue();
        Text(created, "ARN").ShouldContain(name);
        (await LabelsAsync(name)).ShouldBe($"{token}:AWSCURRENT");
    }

    [Fact]
    public async Task WithoutValue_HasNoVersion()
    {
        var name = NewName();
        var created = await OkAsync("CreateSecret", new { Name = name, ClientRequestToken = NewToken() });
        created["VersionId"].ShouldBeNull();
        (await OkAsync("DescribeSecret", new { SecretId = name }))["VersionIdsToStages"].ShouldBeNull();
        await FailAsync("GetSecretValue", new { SecretId = name }, "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
    }

    [Theory]
    [InlineData("{\"Name\":\"n\"}")]
    [InlineData("{\"Name\":\"n\",\"ClientRequestToken\":null}")]
    [InlineData("{\"Name\":\"n\",\"SecretString\":\"s\"}")]
    public async Task WithoutToken_IsInvalidRequest(string body)
    {
        var answer = await Server.CallRawAsync("CreateSecret", body, Stop);
        ((int)answer.Status, answer.ErrorCode, answer.ErrorMessage).ShouldBe((400, "InvalidRequestException", TokenMissing));
    }

    [Theory]
    [InlineData("white space")]
    [InlineData("a:b")]
    [InlineData("star*")]
    [InlineData("ünicode")]
    public async Task NameWithOtherCharacters_IsValidationException(string name) =>
        await FailAsync("CreateSecret", new { Name = name, ClientRequestToken = NewToken() }, "ValidationException", InvalidName);

    [Fact]
    public async Task NamesDifferByCase()
    {
        var name = NewName();
        await CreateAsync(name, "lower");
        await CreateAsync(name.ToUpperInvariant(), "upper");
        (await ValueAsync(name)).ShouldBe("lower");
    }

    [Fact]
    public async Task RecreatedAfterForcedDeletion_HasAnotherArn()
    {
        var name = NewName();
        var first = await CreateAsync(name, "one");
        (await ValueAsync(name)).ShouldBe("one");
        await OkAsync("DeleteSecret", new { SecretId = name, ForceDeleteWithoutRecovery = true });
        var second = await CreateAsync(name, "two");
        second.ShouldNotBe(first);
        (await ValueAsync(name)).ShouldBe("two");
        await FailAsync("GetSecretValue", new { SecretId = first }, "ResourceNotFoundException", NotFound);
    }

    [Fact]
    public async Task TwoValues_AreInvalidParameter() => await FailAsync(
        "CreateSecret",
        new { Name = NewName(), SecretString = "s", SecretBinary = Convert.ToBase64String("s"u8), ClientRequestToken = NewToken() },
        "InvalidParameterException",
        "You can't specify both a binary secret value and a string secret value in the same secret.");

    [Theory]
    [InlineData('x', 65_536, true)]
    [InlineData('x', 65_537, false)]
    [InlineData('ü', 32_768, true)]
    [InlineData('ü', 32_769, false)]
    public async Task Value_IsBoundedInBytes(char character, int count, bool isAccepted)
    {
        var name = NewName();
        var value = new string(character, count);
        var request = new { Name = name, SecretString = value, ClientRequestToken = NewToken() };
        var answer = await Server.CallAsync("CreateSecret", request, Stop);
        answer.IsSuccess.ShouldBe(isAccepted);
        if (isAccepted) (await ValueAsync(name)).ShouldBe(value);
        else answer.ErrorCode.ShouldBe("ValidationException");
        answer.Body.ShouldNotContain(new string(character, 100));
    }

    [Fact]
    public async Task ReplicaRegions_AreRefused()
    {
        var name = NewName();
        await FailAsync("CreateSecret",
            new { Name = name, ClientRequestToken = NewToken(), AddReplicaRegions = new[] { new { Region = "eu-west-1" } } },
            "InvalidParameterException", "Invalid replica region.");
        await FailAsync("DescribeSecret", new { SecretId = name }, "ResourceNotFoundException", NotFound);
    }

    [Theory]
    [InlineData("alias/nobody")]
    [InlineData("11111111-2222-3333-4444-555555555555")]
    [InlineData("arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555")]
    [InlineData("arn:aws:kms:eu-west-1:123456789012:alias/aws/secretsmanager")]
    public async Task UnknownKey_IsInvalidParameter(string keyId) => await FailAsync(
        "CreateSecret", new { Name = NewName(), SecretString = "s", KmsKeyId = keyId, ClientRequestToken = NewToken() },
        "InvalidParameterException", $"The operation failed because of an invalid KMS key: Invalid keyId {keyId}");

    [Theory]
    [InlineData("alias/aws/secretsmanager", "alias/aws/secretsmanager")]
    [InlineData("", null)]
    public async Task DefaultKey_IsShownOnlyAsGiven(string keyId, string? shown)
    {
        var name = NewName();
        await OkAsync("CreateSecret", new { Name = name, SecretString = "s", KmsKeyId = keyId, ClientRequestToken = NewToken() });
        ((string?)(await OkAsync("DescribeSecret", new { SecretId = name }))["KmsKeyId"]).ShouldBe(shown);
    }

    [Fact]
    public async Task EmptyDescription_IsOmitted()
    {
        var name = NewName();
        await OkAsync("CreateSecret", new { Name = name, Description = "", ClientRequestToken = NewToken() });
        (await OkAsync("DescribeSecret", new { SecretId = name }))["Description"].ShouldBeNull();
    }

    [Theory]
    [InlineData("aws:x", "You can't modify system tags. Tag key: 'aws:x'.")]
    [InlineData("AWS:x", "You can't modify system tags. Tag key: 'AWS:x'.")]
    public async Task SystemTag_IsInvalidParameter(string key, string text) => await FailAsync(
        "CreateSecret", new { Name = NewName(), ClientRequestToken = NewToken(), Tags = new[] { new { Key = key, Value = "v" } } },
        "InvalidParameterException", text);

    [Fact]
    public async Task Tags_AreKeptInOrder()
    {
        var name = NewName();
        var tags = new[] { new { Key = "z", Value = "1" }, new { Key = "a", Value = "" } };
        await OkAsync("CreateSecret", new { Name = name, ClientRequestToken = NewToken(), Tags = tags });
        (await OkAsync("DescribeSecret", new { SecretId = name }))["Tags"]!.ToJsonString()
            .ShouldBe("""[{"Key":"z","Value":"1"},{"Key":"a","Value":""}]""");
    }

    [Fact]
    public async Task ParallelCreatesOfOneName_LeaveOneSecret()
    {
        var name = NewName();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(index => Server.CallAsync(
            "CreateSecret", new { Name = name, SecretString = $"{index}", ClientRequestToken = NewToken() }, Stop)));
        answers.Count(answer => answer.IsSuccess).ShouldBe(1);
        answers.Where(answer => !answer.IsSuccess).ShouldAllBe(answer => answer.ErrorCode == "ResourceExistsException");
    }

    [GeneratedRegex("^arn:aws:secretsmanager:us-east-1:123456789012:secret:[A-Za-z0-9/._]+-[A-Za-z0-9]{6}$", RegexOptions.NonBacktracking)]
    private static partial Regex FullArn();
}
