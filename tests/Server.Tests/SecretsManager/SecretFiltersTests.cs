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
    [InlineData("name", "prod", true)]
    [InlineData("name", "prod/MyApp", true)]
    [InlineData("name", "Prod", false)]
    [InlineData("name", "MyApp", false)]
    [InlineData("name", "prod one", false)]
    [InlineData("tag-key", "Te", true)]
    [InlineData("tag-key", "team", false)]
    [InlineData("tag-value", "staging o", true)]
    [InlineData("tag-value", "one", false)]
    [InlineData("tag-value", "Blue", true)]
    [InlineData("tag-value", "blue", false)]
    [InlineData("tag-key", "Team", true)]
    [InlineData("tag-key", "Teams", false)]
    [InlineData("tag-key", "BlueWhale", false)]
    // A text begins with nothing; nothing has no words.
    [InlineData("name", "", true)]
    [InlineData("tag-key", "", true)]
    [InlineData("tag-value", "", true)]
    [InlineData("description", "", false)]
    [InlineData("all", "", false)]
    public void NameAndTags_MatchByPrefixInTheSameCase(string key, string value, bool isMatch) => Match((key, [value])).ShouldBe(isMatch);

    [Theory]
    [InlineData("description", "d t", true)]
    [InlineData("description", "company", true)]
    [InlineData("description", "COMPANY of DESC", true)]
    [InlineData("description", "comp", true)]
    [InlineData("description", "ompany", false)]
    [InlineData("description", "desctwo", false)]
    [InlineData("description", "DescTwo", true)]
    [InlineData("description", "two/desc-company", true)]
    [InlineData("description", "prod", false)]
    [InlineData("description", "Team", false)]
    [InlineData("all", "myapp", false)]
    [InlineData("all", "my app", true)]
    [InlineData("all", "MyApp", true)]
    [InlineData("all", "whale", true)]
    [InlineData("all", "blue", true)]
    [InlineData("all", "env", true)]
    // Every word must be found in one and the same field.
    [InlineData("all", "prod company", false)]
    [InlineData("all", "two company", true)]
    [InlineData("all", "blue prod", false)]
    [InlineData("all", "team blue", false)]
    [InlineData("all", "one staging", true)]
    [InlineData("all", "+", false)]
    [InlineData("description", "+", false)]
    [InlineData("description", "=/.@-_ ", false)]
    public void DescriptionAndAll_MatchByWordsInAnyCase(string key, string value, bool isMatch) => Match((key, [value])).ShouldBe(isMatch);

    [Theory]
    [InlineData("name", "!prod", false)]
    [InlineData("name", "!test", true)]
    [InlineData("name", "!/", true)]
    [InlineData("description", "!company", false)]
    [InlineData("all", "!zebra", true)]
    [InlineData("name", "!prod/MyApp2", true)]
    [InlineData("name", "!Prod", true)]
    [InlineData("tag-key", "!Te", false)]
    [InlineData("tag-key", "!team", true)]
    [InlineData("tag-value", "!Blue", false)]
    [InlineData("tag-value", "!one", true)]
    [InlineData("description", "!ompany", true)]
    [InlineData("description", "!desc company", false)]
    [InlineData("description", "!desc zebra", true)]
    [InlineData("all", "!whale", false)]
    [InlineData("all", "!prod company", true)]
    [InlineData("all", "!!prod", true)]
    // Only the first ! negates: this secret's name does not begin with one.
    [InlineData("name", "!!", true)]
    // What matches everything, negated, matches nothing; and the other way round.
    [InlineData("name", "!", false)]
    [InlineData("tag-key", "!", false)]
    [InlineData("description", "!", true)]
    [InlineData("all", "!+", true)]
    // Nothing here is replicated or owned by a service.
    [InlineData("primary-region", "us-", false)]
    [InlineData("primary-region", "!us-", true)]
    [InlineData("owning-service", "rds", false)]
    [InlineData("owning-service", "", false)]
    [InlineData("owning-service", "!rds", true)]
    public void ExclamationMark_Negates(string key, string value, bool isMatch) => Match((key, [value])).ShouldBe(isMatch);

    [Fact]
    public void ValuesOfOneFilter_AreAlternatives()
    {
        Match(("name", ["test", "prod"])).ShouldBeTrue();
        Match(("name", ["test", "dev"])).ShouldBeFalse();
        Match(("name", ["!test", "!prod"])).ShouldBeFalse();
        Match(("name", ["prod", "!prod/My"])).ShouldBeFalse();
        Match(("name", ["prod", "!prod/Your"])).ShouldBeTrue();
        Match(("name", ["!test", "!dev"])).ShouldBeTrue();
        Match(("name", ["!test", "dev"])).ShouldBeFalse();
        Match(("description", ["!zebra", "!company"])).ShouldBeFalse();
        Match(("description", ["zebra", "company"])).ShouldBeTrue();
        Match(("tag-key", ["Zebra", "env"])).ShouldBeTrue();
        Match(("tag-key", ["Te", "!env"])).ShouldBeFalse();
        Match(("all", ["zebra", "!lion", "whale"])).ShouldBeTrue();
        Match(("name", [.. Enumerable.Repeat("zebra", 9), "prod"])).ShouldBeTrue();
    }

    [Fact]
    public void Filters_MustAllMatch()
    {
        Match(("name", ["prod"]), ("tag-key", ["env"])).ShouldBeTrue();
        Match(("name", ["prod"]), ("tag-key", ["none"])).ShouldBeFalse();
        Match(("name", ["prod"]), ("name", ["test"])).ShouldBeFalse();
        // The same key twice is a second filter, not a second value: so one can say begins with this and not with that.
        Match(("name", ["prod"]), ("name", ["!prod/Your"])).ShouldBeTrue();
        Match(("name", ["prod"]), ("name", ["!prod/My"])).ShouldBeFalse();
        Match(("all", ["whale"]), ("all", ["company"]), ("description", ["desc"]), ("tag-value", ["staging"])).ShouldBeTrue();
        Match().ShouldBeTrue();
    }

    [Fact]
    public void UntaggedSecretWithoutDescription_MatchesItsNameOnly()
    {
        var bare = s_secret with { Tags = null, Description = null };
        foreach (var key in new[] { "tag-key", "tag-value", "description" }) Parse((key, ["p"])).Match(bare).ShouldBeFalse();
        foreach (var key in new[] { "tag-key", "tag-value", "description" }) Parse((key, ["!p"])).Match(bare).ShouldBeTrue();
        foreach (var key in new[] { "tag-key", "tag-value" }) Parse((key, [""])).Match(bare).ShouldBeFalse();
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
