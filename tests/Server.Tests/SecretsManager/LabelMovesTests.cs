using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Where the staging labels are after calls of every operation that moves them, as DescribeSecret shows them.</summary>
public sealed class LabelMovesTests(SecretsManagerServer server) : OperationTests(server)
{
    // Versions are a, b, c… in order of creation. "put b X,Y" asks for labels, "put b" for none. "move X a>b" takes a label from a version
    // and gives it to another; "move X >b" names no version to take it from, "move X a>" none to give it to.
    private const string Table = """
        | calls                                                                      | labels                                   |
        | create                                                                     |                                          |
        | create a                                                                   | a:AWSCURRENT                             |
        | create; put a                                                              | a:AWSCURRENT                             |
        | create; put a AWSPENDING                                                   | a:AWSPENDING,AWSCURRENT                  |
        | create; put a SAMPLE                                                       | a:SAMPLE,AWSCURRENT                      |
        | create; put a AWSCURRENT,SAMPLE                                            | a:AWSCURRENT,SAMPLE                      |
        | create; update a                                                           | a:AWSCURRENT                             |
        | create a; put b                                                            | a:AWSPREVIOUS b:AWSCURRENT               |
        | create a; update b                                                         | a:AWSPREVIOUS b:AWSCURRENT               |
        | create a; put b AWSCURRENT                                                 | a:AWSPREVIOUS b:AWSCURRENT               |
        | create a; put b; put c                                                     | b:AWSPREVIOUS c:AWSCURRENT               |
        | create a; put b; update c                                                  | b:AWSPREVIOUS c:AWSCURRENT               |
        | create a; put b SAMPLE                                                     | a:AWSCURRENT b:SAMPLE                    |
        | create a; put b AWSPENDING                                                 | a:AWSCURRENT b:AWSPENDING                |
        | create a; put b AWSPREVIOUS                                                | a:AWSCURRENT b:AWSPREVIOUS               |
        | create a; put b AWSPREVIOUS; put c                                         | a:AWSPREVIOUS c:AWSCURRENT               |
        | create a; put b X; put c X                                                 | a:AWSCURRENT c:X                         |
        | create a; put b X,Y; put c X                                               | a:AWSCURRENT b:Y c:X                     |
        | create; put a AWSCURRENT,P; put b AWSCURRENT,Q                             | a:P,AWSPREVIOUS b:AWSCURRENT,Q           |
        | create; put a AWSCURRENT,P; put b AWSCURRENT,Q; put c AWSCURRENT,R         | a:P b:Q,AWSPREVIOUS c:AWSCURRENT,R       |
        | create a; put b AWSPENDING; put c                                          | a:AWSPREVIOUS c:AWSCURRENT               |
        | create a; put b AWSPENDING; update c                                       | a:AWSPREVIOUS c:AWSCURRENT               |
        | create a; put b AWSPENDING; put c SAMPLE                                   | a:AWSCURRENT b:AWSPENDING c:SAMPLE       |
        | create a; put b AWSPENDING,X; put c                                        | a:AWSPREVIOUS b:X c:AWSCURRENT           |
        | create a; put b AWSPENDING; put c AWSCURRENT,X                             | a:AWSPREVIOUS c:AWSCURRENT,X             |
        | create a; put b AWSPENDING; put c AWSCURRENT,AWSPENDING                    | a:AWSPREVIOUS c:AWSCURRENT,AWSPENDING    |
        | create a; put b AWSPENDING; move AWSCURRENT a>b                            | a:AWSPREVIOUS b:AWSPENDING,AWSCURRENT    |
        | create a; put b AWSPENDING; move AWSCURRENT a>b; put c                     | b:AWSPREVIOUS c:AWSCURRENT               |
        | create a; put b AWSPENDING; move AWSCURRENT a>b; update c                  | b:AWSPREVIOUS c:AWSCURRENT               |
        | create a; put b AWSPENDING; move AWSCURRENT a>b; put c AWSPENDING          | a:AWSPREVIOUS b:AWSCURRENT c:AWSPENDING  |
        | create a; put b AWSPENDING; move AWSCURRENT a>b; move AWSPENDING b>        | a:AWSPREVIOUS b:AWSCURRENT               |
        | create a; put b; move AWSCURRENT b>a                                       | a:AWSCURRENT b:AWSPREVIOUS               |
        | create a; put b; put c X; move AWSCURRENT b>c                              | b:AWSPREVIOUS c:X,AWSCURRENT             |
        | create a; put b; move AWSPREVIOUS a>                                       | b:AWSCURRENT                             |
        | create a; put b; move AWSPREVIOUS a>b                                      | b:AWSCURRENT,AWSPREVIOUS                 |
        | create a; put b; move AWSPREVIOUS a>b; put c                               | b:AWSPREVIOUS c:AWSCURRENT               |
        | create a; put b; move X >a                                                 | a:AWSPREVIOUS,X b:AWSCURRENT             |
        | create a; put b; move X >a; move X a>b                                     | a:AWSPREVIOUS b:AWSCURRENT,X             |
        | create a; put b; move X >a; move X a>                                      | a:AWSPREVIOUS b:AWSCURRENT               |
        | create a; put b X; move X b>                                               | a:AWSCURRENT                             |
        | create a; put b X; move X b>; move Y >b                                    | a:AWSCURRENT b:Y                         |
        | create a; put b AWSCURRENT,AWSPREVIOUS,X; put c AWSPREVIOUS,AWSCURRENT     | b:X,AWSPREVIOUS c:AWSCURRENT             |
        | create a; move AWSCURRENT >a                                               | a:AWSCURRENT                             |
        | create a; move AWSCURRENT a>a                                              | a:AWSCURRENT                             |
        """;

    public static IEnumerable<object[]> Rows => TextTable.Rows(Table);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Calls_LeaveTheLabels(string calls, string labels)
    {
        var name = NewName();
        var versions = "abc".ToDictionary(letter => $"{letter}", _ => NewToken());
        foreach (var call in calls.Split("; ")) await CallAsync(call.Split(' '), name, versions);
        var shown = await LabelsAsync(name);
        foreach (var (letter, version) in versions) shown = shown.Replace(version, letter);
        shown.ShouldBe(labels);
    }

    /// <summary>A rotation attaches its labels whatever the count; then a caller may move labels, but not add any.</summary>
    [Fact]
    public async Task RotationOfASecretWithTwentyLabels_EndsAndCanBeTakenBack()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        for (var label = 1; label < 20; label++) await MoveAsync($"L{label}", null, RotationScene.FirstVersion);
        await scene.RotateAsync(Stop);
        await scene.UntilIdleAsync(Stop);
        (await scene.LabelsAsync(Stop))[RotationScene.Token].ShouldBe(["AWSCURRENT"]);
        (await scene.LabelsAsync(Stop)).Sum(version => version.Value.Length).ShouldBe(21);

        (await MoveAsync("L20", null, RotationScene.Token)).ShouldBe("LimitExceededException");
        (await MoveAsync("L1", RotationScene.FirstVersion, RotationScene.Token)).ShouldBeNull();
        (await MoveAsync("AWSCURRENT", RotationScene.Token, RotationScene.FirstVersion)).ShouldBeNull();
        var put = new { SecretId = "db", SecretString = "by hand", ClientRequestToken = NewToken() };
        (await scene.Server.CallAsync("PutSecretValue", put, Stop)).ErrorCode.ShouldBeNull();

        async Task<string?> MoveAsync(string label, string? from, string to) => (await scene.Server.CallAsync("UpdateSecretVersionStage",
            new { SecretId = "db", VersionStage = label, RemoveFromVersionId = from, MoveToVersionId = to }, Stop)).ErrorCode;
    }

    private async Task CallAsync(string[] words, string name, Dictionary<string, string> versions)
    {
        switch (words[0])
        {
            case "create" when words.Length == 1:
                await OkAsync("CreateSecret", new { Name = name, ClientRequestToken = NewToken() });
                break;
            case "create":
                await CreateAsync(name, words[1], versions[words[1]]);
                break;
            case "put":
                var stages = words.Length == 2 ? null : words[2].Split(',');
                await OkAsync("PutSecretValue",
                    new { SecretId = name, SecretString = words[1], ClientRequestToken = versions[words[1]], VersionStages = stages });
                break;
            case "update":
                await OkAsync("UpdateSecret",
                    new { SecretId = name, SecretString = words[1], ClientRequestToken = versions[words[1]] });
                break;
            default:
                var (from, to) = (words[2].Split('>')[0], words[2].Split('>')[1]);
                await OkAsync("UpdateSecretVersionStage", new
                {
                    SecretId = name,
                    VersionStage = words[1],
                    RemoveFromVersionId = versions.GetValueOrDefault(from),
                    MoveToVersionId = versions.GetValueOrDefault(to),
                });
                break;
        }
    }
}
