using System.Text.Json.Nodes;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Which calls move a secret's LastChangedDate, always to the moment of the call.</summary>
public sealed class LastChangedDateTests
{
    // One after another, a second apart; a to d are tokens. Whatever changes nothing moves nothing: reads, repeats, refusals.
    private const string Table = """
        | operation                | with                                                                  | moves |
        | PutSecretValue           | 'SecretString':'1','ClientRequestToken':'a'                           | yes   |
        | PutSecretValue           | 'SecretString':'1','ClientRequestToken':'a'                           | no    |
        | PutSecretValue           | 'SecretString':'2','ClientRequestToken':'a'                           | no    |
        | PutSecretValue           | 'SecretString':'1','ClientRequestToken':'b'                           | yes   |
        | PutSecretValue           | 'SecretString':'3','ClientRequestToken':'c','VersionStages':['L']     | yes   |
        | UpdateSecret             | 'Description':'d','ClientRequestToken':'d'                            | yes   |
        | UpdateSecret             | 'Description':'d','ClientRequestToken':'d'                            | no    |
        | UpdateSecret             | 'ClientRequestToken':'d'                                              | no    |
        | UpdateSecret             | 'KmsKeyId':'alias/aws/secretsmanager','ClientRequestToken':'d'        | yes   |
        | UpdateSecret             | 'KmsKeyId':'alias/none','ClientRequestToken':'d'                      | no    |
        | UpdateSecret             | 'Type':'t','ClientRequestToken':'d'                                   | yes   |
        | UpdateSecret             | 'SecretString':'4','ClientRequestToken':'d'                           | yes   |
        | UpdateSecret             | 'SecretString':'4','ClientRequestToken':'d'                           | no    |
        | UpdateSecretVersionStage | 'VersionStage':'M','MoveToVersionId':'d'                              | yes   |
        | UpdateSecretVersionStage | 'VersionStage':'M','MoveToVersionId':'d'                              | no    |
        | UpdateSecretVersionStage | 'VersionStage':'M','RemoveFromVersionId':'d'                          | yes   |
        | TagResource              | 'Tags':[{'Key':'k','Value':'v'}]                                      | yes   |
        | TagResource              | 'Tags':[{'Key':'aws:k','Value':'v'}]                                  | no    |
        | UntagResource            | 'TagKeys':['k']                                                       | yes   |
        | GetSecretValue           |                                                                       | no    |
        | DescribeSecret           |                                                                       | no    |
        | ListSecretVersionIds     |                                                                       | no    |
        | RotateSecret             | 'ClientRequestToken':'e','RotateImmediately':false                    | no    |
        | RotateSecret             | 'ClientRequestToken':'e','RotateImmediately':false,'RotationLambdaARN':F | yes |
        | CancelRotateSecret       |                                                                       | yes   |
        | RotateSecret             | 'ClientRequestToken':'e'                                              | yes   |
        | RotateSecret             | 'ClientRequestToken':'e'                                              | no    |
        | DeleteSecret             |                                                                       | yes   |
        | DeleteSecret             |                                                                       | no    |
        | RestoreSecret            |                                                                       | yes   |
        | RestoreSecret            |                                                                       | no    |
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_MoveIt_AndNothingElseDoes()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        foreach (var row in TextTable.Rows(Table).Select(cells => cells.Cast<string>().ToArray()))
        {
            var before = LastChanged(await scene.DescribeAsync(Stop));
            scene.Server.Clock.Advance(TimeSpan.FromSeconds(1));
            await scene.Server.CallRawAsync(row[0], Body(row[1]), Stop);
            if (row[0] == "RotateSecret") await scene.UntilIdleAsync(Stop);
            LastChanged(await scene.DescribeAsync(Stop)).ShouldBe(
                row[2] == "yes" ? scene.Server.Clock.GetUtcNow() : before, $"{row[0]} {row[1]}");
        }
    }

    [Fact]
    public async Task RotationThatSucceeds_MovesItToItsEnd()
    {
        await using var scene = await RotationScene.StartAsync(Stop);
        await scene.PlaceholderAsync(Stop);
        LastChanged(await scene.DescribeAsync(Stop)).ShouldBe(scene.Server.Clock.GetUtcNow());
        scene.Server.Clock.Advance(TimeSpan.FromSeconds(1));
        scene.Target.HoldCreateSecret!.SetResult();
        await scene.UntilIdleAsync(Stop);
        var described = await scene.DescribeAsync(Stop);
        LastChanged(described).ShouldBe(scene.Server.Clock.GetUtcNow());
        described["LastRotatedDate"]!.ToJsonString().ShouldBe(described["LastChangedDate"]!.ToJsonString());
    }

    private static string Body(string members)
    {
        var body = "{'SecretId':'db'" + (members.Length == 0 ? "}" : $",{members}}}");
        foreach (var letter in "abcde") body = body.Replace($":'{letter}'", $":'{new string(letter, 36)}'");
        body = body.Replace($"'Description':'{new string('d', 36)}'", "'Description':'d'");
        return body.Replace(":F", $":'{RotationScene.FunctionArn}'").Replace('\'', '"');
    }

    private static DateTimeOffset LastChanged(JsonNode described) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)(described["LastChangedDate"]!.GetValue<decimal>() * 1000));
}
