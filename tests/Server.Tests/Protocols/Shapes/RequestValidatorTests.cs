using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>Every constraint of every served operation, broken once; and the rules that hold for all of them.</summary>
public sealed class RequestValidatorTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void SeveralViolations_AreNamedTogether() => Demand(
        "ListSecrets", """{"MaxResults":0,"NextToken":"","Filters":[{"Key":"x"}]}""").Message.ShouldBe(
        "3 validation errors detected: "
        + "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1; "
        + "Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1; "
        + "Value 'x' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: "
        + "[description, name, tag-key, tag-value, primary-region, owning-service, all]");

    [Fact]
    public void BadElementOfAScalarList_IsToldOfTheList() => Demand(
        "PutSecretValue", """{"SecretId":"a","VersionStages":["good",""]}""").Message.ShouldBe(
        "1 validation error detected: Value '[good, ]' at 'versionStages' failed to satisfy constraint: Member must satisfy constraint: "
        + "[Member must have length less than or equal to 256, Member must have length greater than or equal to 1]");

    [Fact]
    public void SensitiveValue_IsNeverRepeated()
    {
        var secret = new string('s', 65_537);
        var text = Demand("CreateSecret", $$"""{"Name":"a","SecretString":"{{secret}}"}""").Message;

        text.ShouldBe("1 validation error detected: Value at 'secretString' failed to satisfy constraint: "
            + "Member must have length less than or equal to 65536");
    }

    /// <summary>Values are repeated, but none that the model calls sensitive, wherever it stands and whatever is wrong with it.</summary>
    [Theory]
    [InlineData("CreateSecret", "SecretString", "")]
    [InlineData("CreateSecret", "SecretString", "long")]
    [InlineData("CreateSecret", "SecretBinary", "")]
    [InlineData("CreateSecret", "SecretBinary", "long")]
    [InlineData("PutSecretValue", "SecretString", "long")]
    [InlineData("PutSecretValue", "SecretBinary", "long")]
    [InlineData("PutSecretValue", "RotationToken", "canary")]
    [InlineData("PutSecretValue", "RotationToken", "long")]
    [InlineData("PutSecretValue", "RotationToken", "canary canary canary canary canary canary canary")]
    [InlineData("UpdateSecret", "SecretString", "")]
    [InlineData("UpdateSecret", "SecretBinary", "long")]
    [InlineData("CreateSecret", "Description", "long", "canary")]
    [InlineData("PutSecretValue", "ClientRequestToken", "canary", "canary")]
    public async Task SensitiveValue_IsNamedAndNotShown(string operation, string member, string value, string? shown = null)
    {
        if (value == "long") value = string.Concat(Enumerable.Repeat("canary00", 16_384));
        var id = operation == "CreateSecret" ? "Name" : "SecretId";
        var answer = await Server.CallRawAsync(operation, $$"""{"{{id}}":"n","{{member}}":"{{value}}"}""", Cancel);
        answer.ErrorCode.ShouldBe("ValidationException");
        var path = $"{char.ToLowerInvariant(member[0])}{member[1..]}";
        var start = shown is null ? $"at '{path}'" : $"'{shown}";
        answer.ErrorMessage!.ShouldStartWith($"1 validation error detected: Value {start}");
        answer.ErrorMessage.Contains("canary").ShouldBe(shown is not null);
        answer.ErrorMessage.ShouldContain($" at '{path}' failed to satisfy constraint: Member must ");
    }

    /// <summary>Rules that the service checks itself, with errors of its own, although the model may state them.</summary>
    [Theory]
    [InlineData("CreateSecret", """{"Name":"a b"}""", "ValidationException", "Invalid name. Must be a valid name containing alphanumeric "
        + "characters, or any of the following: -/_+=.@!")]
    [InlineData("DeleteSecret", """{"SecretId":"s","RecoveryWindowInDays":6}""", "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")]
    [InlineData("DeleteSecret", """{"SecretId":"s","RecoveryWindowInDays":31}""", "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")]
    [InlineData("RotateSecret", """{"SecretId":"s",T,F,"RotationRules":{"AutomaticallyAfterDays":0}}""", "InvalidParameterException",
        "RotationRules.AutomaticallyAfterDays must be within 1-1000.")]
    [InlineData("RotateSecret", """{"SecretId":"s",T,F,"RotationRules":{"AutomaticallyAfterDays":1001}}""", "InvalidParameterException",
        "RotationRules.AutomaticallyAfterDays must be within 1-1000.")]
    public async Task KnownExceptions_AreErrorsOfTheService(string operation, string body, string code, string text)
    {
        await Server.CallAsync("CreateSecret", new { Name = "s", ClientRequestToken = new string('0', 32) }, Cancel);
        const string function = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";
        body = body.Replace(",T,F", $",\"ClientRequestToken\":\"{new string('1', 32)}\",\"RotationLambdaARN\":\"{function}\"");
        var answer = await Server.CallRawAsync(operation, body, Cancel);
        (answer.ErrorCode, answer.ErrorMessage).ShouldBe((code, text));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("ä")]
    [InlineData("€")]
    [InlineData("😀")]
    [InlineData("\\u00e4")]
    [InlineData("\\ud83d\\ude00")]
    public void Length_CountsCharacters(string character)
    {
        Passes("CreateSecret", $$"""{"Name":"n","Description":"{{Repeat(character, 2048)}}"}""");
        Demand("CreateSecret", $$"""{"Name":"n","Description":"{{Repeat(character, 2049)}}"}""");
    }

    [Fact]
    public void NullMember_IsAbsent()
    {
        Passes("GetSecretValue", """{"SecretId":"a","VersionId":null,"VersionStage":null}""");
        Demand("GetSecretValue", """{"SecretId":null}""").Message.ShouldContain("Value null at 'secretId'");
    }

    /// <summary>Whatever the length of the name, and whatever else is wrong with the request.</summary>
    [Theory]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"u\ud800":1}""")]
    [InlineData("""{"SecretI\ud800":1}""")]
    [InlineData("""{"a longer name than any\udc00":1}""")]
    public void HalfACharacterInAName_IsMalformed(string body) =>
        Demand("GetSecretValue", body).Shape.Code.ShouldBe("SerializationException");

    [Fact]
    public void UnknownMember_IsIgnored() => Passes("GetSecretValue", """{"SecretId":"a","Later":{"x":[1,{"y":null}]}}""");

    [Fact]
    public void RotationDays_AreLeftToTheService() => Passes(
        "RotateSecret", """{"SecretId":"a","RotationRules":{"AutomaticallyAfterDays":5000}}""");

    [Fact]
    public void EveryPattern_Compiles()
    {
        foreach (var service in new[] { "secretsmanager", "sts" })
            foreach (var shape in ServiceModel.Get(service).Operations.SelectMany(operation => AllShapes(operation.Input)))
                if (shape.Pattern is not null) shape.PatternRegex!.IsMatch("x");
    }

    [Theory]
    [InlineData("us-east-1", true)]
    [InlineData("us-east-١", false)]
    [InlineData("us-east-1\n", false)]
    [InlineData("x us-east-1", false)]
    public void Pattern_MatchesTheWholeValueInAscii(string region, bool isGood)
    {
        var body = JsonSerializer.Serialize(new { Name = "n", AddReplicaRegions = new[] { new { Region = region } } });
        if (isGood) Passes("CreateSecret", body);
        else Demand("CreateSecret", body).Message.ShouldContain("addReplicaRegions.1.member.region");
    }

    private static string Repeat(string unit, int count) => new StringBuilder().Insert(0, unit, count).ToString();

    private static void Passes(string operation, string body) =>
        RequestValidator.Demand(ServiceModel.Get("secretsmanager").Operation(operation).Input, Encoding.UTF8.GetBytes(body));

    private static ServiceException Demand(string operation, string body) => Should.Throw<ServiceException>(() => Passes(operation, body));

    private static IEnumerable<Shape> AllShapes(Shape shape) => shape.Members
        .SelectMany(member => AllShapes(member.Shape))
        .Concat(shape.Element is null ? [] : AllShapes(shape.Element))
        .Append(shape);
}
