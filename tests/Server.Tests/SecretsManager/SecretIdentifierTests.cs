using Rekey.Aws;
using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class SecretIdentifierTests
{
    private const string Prefix = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";

    [Theory]
    [InlineData("simple")]
    [InlineData("team/app_1+x=y.z@home-1!")]
    [InlineData("rds!cluster-1")]
    [InlineData("Name-a1b2c3")]
    public void Name_IsLookedUpAsWritten(string name) => SecretIdentifier.Parse(name).Name.ShouldBe(name);

    [Theory]
    [InlineData("white space")]
    [InlineData("a:b")]
    [InlineData("a*")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("naïve")]
    [InlineData("tab\t")]
    [InlineData("arn:aws:secretsmanager")]
    [InlineData("arn:aws:s3:us-east-1:123456789012:secret:name-a1b2c3")]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:other:name-a1b2c3")]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:secret:")]
    public void OtherCharactersOrMalformedArn_IsValidationException(string secretId) =>
        Should.Throw<ServiceException>(() => SecretIdentifier.Parse(secretId)).Shape.Code.ShouldBe("ValidationException");

    [Theory]
    // A tail of hyphen and six letters or digits counts as the random end of a full ARN.
    [InlineData("name-a1b2c3", null)]
    [InlineData("test-secret", null)]
    [InlineData("db-google", null)]
    [InlineData("Name-a1b2c3-x9Y8z7", null)]
    [InlineData("team/app-AbCdEf", null)]
    // Anything else is the whole name of a partial ARN.
    [InlineData("name", "name")]
    [InlineData("Name-a1b2c3-", "Name-a1b2c3-")]
    [InlineData("name-a1b2c", "name-a1b2c")]
    [InlineData("name-a1b2c34", "name-a1b2c34")]
    [InlineData("name-a1.2c3", "name-a1.2c3")]
    [InlineData("-a1b2c3", "-a1b2c3")]
    [InlineData("team/app", "team/app")]
    public void Arn_IsFullOrPartialByItsTail(string tail, string? partialName)
    {
        var id = SecretIdentifier.Parse(Prefix + tail);
        id.Name.ShouldBe(partialName);
        id.Arn!.Value.Region.ShouldBe("us-east-1");
        id.Arn.Value.Account.ShouldBe("123456789012");
    }
}
