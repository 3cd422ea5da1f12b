using Rekey.Aws;
using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class SecretFiltersTests
{
    private static readonly Secret s_secret = new()
    {
        Arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/MyApp-a1b2c3",
        Account = "123456789012",
        Region = "us-east-1",
        Name = "prod/MyApp",
        Description = "DescTwo of the Company",
        KmsKeyArn = "",
        Tags = [new Tag("Team", "BlueWhale"), new Tag("env", "staging one")],
        CreatedDate = default,
        LastChangedDate = default,
    };

    [Theory]
    // name, tag-key and tag-value: case-sensitive prefixes of the whole text.
    [InlineData("name", "prod", true)]
    [InlineData("name", "prod/MyApp", true)]
    [InlineData("name", "Prod", false)]
    [InlineData("name", "MyApp", false)]
    [InlineData("name", "prod one", false)]
    [InlineData("tag-key", "Te", true)]
    [InlineData("tag-key", "team", false)]
    [InlineData("tag-value", "staging o", true)]
    [InlineData("tag-value", "one", false)]
    // description and all: words in any case.
    [InlineData("description", "d t", true)]
    [InlineData("description", "company", true)]
    [InlineData("description", "prod", false)]
    [InlineData("all", "myapp", false)]
    [InlineData("all", "my app", true)]
    [InlineData("all", "MyApp", true)]
    [InlineData("all", "whale", true)]
    [InlineData("all", "blue", true)]
    [InlineData("all", "env", true)]
    // Every word must be found in one and the same field.
    [InlineData("all", "prod company", false)]
    [InlineData("all", "two company", true)]
    [InlineData("all", "+", false)]
    // ! negates.
    [InlineData("name", "!prod", false)]
    [InlineData("name", "!test", true)]
    [InlineData("name", "!/", true)]
    [InlineData("description", "!company", false)]
    [InlineData("all", "!zebra", true)]
    [InlineData("name", "!", false)]
    // Nothing is replicated or owned by a service.
    [InlineData("primary-region", "us-", false)]
    [InlineData("primary-region", "!us-", true)]
    [InlineData("owning-service", "rds", false)]
    public void OneValue(string key, string value, bool isMatch) => Match((key, [value])).ShouldBe(isMatch);

    [Fact]
    public void ValuesOfOneFilter_AreAlternatives()
    {
        Match(("name", ["test", "prod"])).ShouldBeTrue();
        Match(("name", ["test", "dev"])).ShouldBeFalse();
        Match(("name", ["!test", "!prod"])).ShouldBeFalse();
        Match(("name", ["prod", "!prod/My"])).ShouldBeFalse();
        Match(("name", ["prod", "!prod/Your"])).ShouldBeTrue();
    }

    [Fact]
    public void Filters_MustAllMatch()
    {
        Match(("name", ["prod"]), ("tag-key", ["env"])).ShouldBeTrue();
        Match(("name", ["prod"]), ("tag-key", ["none"])).ShouldBeFalse();
        Match(("name", ["prod"]), ("name", ["test"])).ShouldBeFalse();
        Match().ShouldBeTrue();
    }

    [Fact]
    public void UntaggedSecretWithoutDescription_MatchesItsNameOnly()
    {
        var bare = s_secret with { Tags = null, Description = null };
        foreach (var key in new[] { "tag-key", "tag-value", "description" }) Parse((key, ["p"])).Match(bare).ShouldBeFalse();
        Parse(("all", ["prod"])).Match(bare).ShouldBeTrue();
    }

    [Fact]
    public void FilterWithoutKeyOrValues_IsInvalidParameter()
    {
        Should.Throw<ServiceException>(() => SecretFilters.Parse([new FilterEntry { Values = ["v"] }])).Message.ShouldBe(
            "Invalid filter key");
        foreach (var values in new IReadOnlyList<string>?[] { null, [] })
        {
            var error = Should.Throw<ServiceException>(() => SecretFilters.Parse([new FilterEntry { Key = "name", Values = values }]));
            (error.Shape.Code, error.Message).ShouldBe(("InvalidParameterException", "Invalid filter values for key: name"));
        }
    }

    private static bool Match(params (string Key, string[] Values)[] filters) => Parse(filters).Match(s_secret);

    private static SecretFilters Parse(params (string Key, string[] Values)[] filters) =>
        SecretFilters.Parse([.. filters.Select(filter => new FilterEntry { Key = filter.Key, Values = filter.Values })]);
}
