using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>What a ClientRequestToken means when it was used before, for each operation that stores a value.</summary>
public sealed class ClientRequestTokenTests(SecretsManagerServer server) : OperationTests(server)
{
    // Tokens are a, b, c; A is a in upper case. "create a=one" stores the text one under token a; "put a=b25l!" stores the same bytes as
    // binary. The answer is that of the last call: repeat (success, and DescribeSecret shows the same as before), new (success, another
    // version), or an error.
    private const string Table = """
        | before                          | call             | answer | labels                     |
        | create a=one                    | create a=one     | repeat | a:AWSCURRENT               |
        | create a=one                    | create a=two     | token  | a:AWSCURRENT               |
        | create a=AAEC!                  | create a=AAEC!   | repeat | a:AWSCURRENT               |
        | create a=one                    | create a=b25l!   | token  | a:AWSCURRENT               |
        | create a=one                    | create b=one     | name   | a:AWSCURRENT               |
        | create a=one                    | create A=one     | name   | a:AWSCURRENT               |
        | create a=one                    | create a         | name   | a:AWSCURRENT               |
        | create a                        | create a         | name   |                            |
        | create a=one; put b=two         | create a=one     | repeat | a:AWSPREVIOUS b:AWSCURRENT |
        | create a=one; put b=two         | create b=two     | repeat | a:AWSPREVIOUS b:AWSCURRENT |
        | create a=one                    | put a=one        | repeat | a:AWSCURRENT               |
        | create a=one                    | put a=two        | token  | a:AWSCURRENT               |
        | create a=one                    | put b=one        | new    | a:AWSPREVIOUS b:AWSCURRENT |
        | create a=one                    | put A=one        | new    | a:AWSPREVIOUS A:AWSCURRENT |
        | create a=one                    | put A=two        | new    | a:AWSPREVIOUS A:AWSCURRENT |
        | create a=one; put b=two         | put a=one        | repeat | a:AWSPREVIOUS b:AWSCURRENT |
        | create a=one; put b=two         | put a=two        | token  | a:AWSPREVIOUS b:AWSCURRENT |
        | create a=one; put b=two X       | put b=two        | repeat | a:AWSCURRENT b:X           |
        | create a=one; put b=two X       | put b=two Y      | repeat | a:AWSCURRENT b:X           |
        | create a=one; put b=2; put c=3  | put a=one        | repeat | b:AWSPREVIOUS c:AWSCURRENT |
        | create a=one; put b=2; put c=3  | put a=two        | token  | b:AWSPREVIOUS c:AWSCURRENT |
        | create a=AAEC!                  | put a=AAEC!      | repeat | a:AWSCURRENT               |
        | create a=one                    | put a=b25l!      | token  | a:AWSCURRENT               |
        | create a                        | put a=one        | new    | a:AWSCURRENT               |
        | create a=one                    | update a=one     | repeat | a:AWSCURRENT               |
        | create a=one                    | update a=two     | token  | a:AWSCURRENT               |
        | create a=one                    | update a=b25l!   | token  | a:AWSCURRENT               |
        | create a=one                    | update b=one     | new    | a:AWSPREVIOUS b:AWSCURRENT |
        | create a=one                    | update A=one     | new    | a:AWSPREVIOUS A:AWSCURRENT |
        | create a=one                    | update a         | repeat | a:AWSCURRENT               |
        | create a=one; update b=two      | update a=one     | repeat | a:AWSPREVIOUS b:AWSCURRENT |
        | create a=one; update b=two      | update a=two     | token  | a:AWSPREVIOUS b:AWSCURRENT |
        | create a=one; put b=2; put c=3  | update a=one     | repeat | b:AWSPREVIOUS c:AWSCURRENT |
        """;

    public static IEnumerable<object[]> Rows => TextTable.Rows(Table);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task UsedToken_MeansARepeatOrAnError(string before, string call, string answer, string labels)
    {
        var (name, number) = (NewName(), NewToken()[^12..]);
        foreach (var step in before.Split("; ")) (await CallAsync(step, name, number)).IsSuccess.ShouldBeTrue();
        var was = await OkAsync("DescribeSecret", new { SecretId = name });

        var said = await CallAsync(call, name, number);
        var word = call.Split(' ')[1].Split('=')[0];
        var expected = answer switch
        {
            "token" => $"ResourceExistsException You can't use ClientRequestToken {Token(word, number)} because that value is already in "
                + $"use for a version of secret {Text(was, "ARN")}.",
            "name" => $"ResourceExistsException The operation failed because the secret {name} already exists.",
            _ => " ",
        };
        $"{said.ErrorCode} {said.ErrorMessage}".ShouldBe(expected);
        if (said.IsSuccess && call.Contains('=')) said.Text("VersionId").ShouldBe(Token(word, number));

        var now = await OkAsync("DescribeSecret", new { SecretId = name });
        if (answer != "new") now.ToJsonString().ShouldBe(was.ToJsonString());
        var shown = await LabelsAsync(name);
        foreach (var letter in new[] { "a", "A", "b", "c" }) shown = shown.Replace(Token(letter, number), letter);
        shown.ShouldBe(labels);
    }

    [Fact]
    public async Task OneToken_MayServeManySecrets()
    {
        var token = NewToken();
        foreach (var name in new[] { NewName(), NewName() })
        {
            await CreateAsync(name, name, token);
            (await ValueAsync(name)).ShouldBe(name);
        }
    }

    [Theory]
    [InlineData("terraform-20250101000000000000000001")]
    [InlineData("abcdefghijklmnopqrstuvwxyz012345")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345ABCDEFGHIJKLMNOPQRSTUVWXYZ012345")]
    [InlineData("-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_")]
    public async Task Token_NeedNotBeAUuid_AndIsTheVersionIdVerbatim(string token)
    {
        var name = NewName();
        var created = await OkAsync("CreateSecret", new { Name = name, SecretString = "s", ClientRequestToken = token });
        Text(created, "VersionId").ShouldBe(token);
        Text(await OkAsync("GetSecretValue", new { SecretId = name, VersionId = token }), "VersionId").ShouldBe(token);
    }

    [Theory]
    [InlineData("CreateSecret", "'Name':'n'")]
    [InlineData("PutSecretValue", "'SecretId':'n','SecretString':'s'")]
    [InlineData("RotateSecret", "'SecretId':'n'")]
    [InlineData("UpdateSecret", "'SecretId':'n'")]
    public async Task Token_Has32To64Characters(string operation, string members)
    {
        foreach (var (length, fault) in new[] { (31, "greater than or equal to 32"), (65, "less than or equal to 64") })
        {
            var token = new string('t', length);
            var answer = await Server.CallRawAsync(
                operation, $"{{{members},'ClientRequestToken':'{token}'}}".Replace('\'', '"'), Stop);
            (answer.ErrorCode, answer.ErrorMessage).ShouldBe(("ValidationException", $"1 validation error detected: Value '{token}' at "
                + $"'clientRequestToken' failed to satisfy constraint: Member must have length {fault}"));
        }
    }

    /// <summary>How a rotation function stores its new value: the placeholder has no value to differ from.</summary>
    [Theory]
    [InlineData("PutSecretValue", "AWSPENDING", "a:AWSCURRENT p:AWSPENDING")]
    [InlineData("PutSecretValue", null, "a:AWSPREVIOUS p:AWSCURRENT")]
    [InlineData("UpdateSecret", null, "a:AWSPREVIOUS p:AWSCURRENT")]
    public async Task Placeholder_TakesItsFirstValueUnderItsToken(string operation, string? stage, string labels)
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.PlaceholderAsync(Stop);
        var first = await scene.Server.CallAsync("GetSecretValue", new { SecretId = "db", VersionId = RotationScene.Token }, Stop);
        first.ErrorMessage.ShouldBe($"Secrets Manager can't find the specified secret value for VersionId: {RotationScene.Token}");

        object request = operation == "UpdateSecret"
            ? new { SecretId = "db", SecretString = "new", ClientRequestToken = RotationScene.Token }
            : new { SecretId = "db", SecretString = "new", ClientRequestToken = RotationScene.Token, VersionStages = stage?.Split(',') };
        await scene.OkAsync(operation, request, Stop);
        await scene.OkAsync(operation, request, Stop); // and its repeat
        var shown = string.Join(' ', (await scene.LabelsAsync(Stop)).Select(version => $"{version.Key}:{string.Join(',', version.Value)}"));
        shown.Replace(RotationScene.FirstVersion, "a").Replace(RotationScene.Token, "p").ShouldBe(labels);
        var other = await scene.Server.CallAsync(
            "PutSecretValue", new { SecretId = "db", SecretString = "other", ClientRequestToken = RotationScene.Token }, Stop);
        other.ErrorCode.ShouldBe("ResourceExistsException");
    }

    /// <summary>A UUID whose letters show whether case counts.</summary>
    private static string Token(string letter, string number) => char.IsUpper(letter[0])
        ? Token(letter.ToLowerInvariant(), number).ToUpperInvariant()
        : $"{new string(letter[0], 8)}-aaaa-4aaa-8aaa-{number}";

    private Task<Answer> CallAsync(string step, string name, string number)
    {
        var words = step.Split(' ');
        var (token, value) = (words[1].Split('=')[0], words[1].Contains('=') ? words[1].Split('=')[1] : null);
        var bytes = value?.EndsWith('!') == true ? value[..^1] : null;
        var text = bytes is null ? value : null;
        var stages = words.Length > 2 ? words[2].Split(',') : null;
        var id = Token(token, number);
        return words[0] switch
        {
            "create" => Server.CallAsync(
                "CreateSecret", new { Name = name, SecretString = text, SecretBinary = bytes, ClientRequestToken = id }, Stop),
            "put" => Server.CallAsync("PutSecretValue",
                new { SecretId = name, SecretString = text, SecretBinary = bytes, ClientRequestToken = id, VersionStages = stages }, Stop),
            _ => Server.CallAsync(
                "UpdateSecret", new { SecretId = name, SecretString = text, SecretBinary = bytes, ClientRequestToken = id }, Stop),
        };
    }
}
