using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>What each operation answers about a secret that is active, scheduled for deletion, purged, or made again.</summary>
public sealed class DeletionStatesTests(SecretsManagerServer server) : OperationTests(server)
{
    // With: further members of the request; T is a new token, V the version of the secret. "Made again" has two columns, because the
    // name means the new secret and the old ARN means nothing any more.
    private const string Table = """
        | operation                | with                                           | active | scheduled | purged  | by name | by old ARN |
        | CancelRotateSecret       |                                                | off    | marked    | missing | off     | missing    |
        | CreateSecret             | 'ClientRequestToken':'T'                       | taken  | reserved  | ok      | taken   | bad name   |
        | DeleteResourcePolicy     |                                                | ok     | marked    | missing | ok      | missing    |
        | DeleteSecret             |                                                | ok     | marked    | missing | ok      | missing    |
        | DeleteSecret             | 'RecoveryWindowInDays':7                       | ok     | marked    | missing | ok      | missing    |
        | DeleteSecret             | 'ForceDeleteWithoutRecovery':true              | ok     | ok        | ok      | ok      | ok         |
        | DescribeSecret           |                                                | ok     | ok        | missing | ok      | missing    |
        | GetResourcePolicy        |                                                | ok     | marked    | missing | ok      | missing    |
        | GetSecretValue           |                                                | ok     | marked    | missing | ok      | missing    |
        | GetSecretValue           | 'VersionId':'V'                                | ok     | marked    | missing | ok      | missing    |
        | ListSecretVersionIds     |                                                | ok     | marked    | missing | ok      | missing    |
        | PutResourcePolicy        | 'ResourcePolicy':P                             | ok     | marked    | missing | ok      | missing    |
        | PutSecretValue           | 'ClientRequestToken':'T','SecretString':'s'    | ok     | marked    | missing | ok      | missing    |
        | RemoveRegionsFromReplication | 'RemoveReplicaRegions':['eu-west-1']      | ok     | marked    | missing | ok      | missing    |
        | ReplicateSecretToRegions | 'AddReplicaRegions':[{'Region':'us-east-1'}]   | own    | marked    | missing | own     | missing    |
        | RestoreSecret            |                                                | ok     | ok        | missing | ok      | missing    |
        | RotateSecret             | 'ClientRequestToken':'T','RotationLambdaARN':F | ok     | marked    | missing | ok      | missing    |
        | StopReplicationToReplica |                                                | alone  | marked    | missing | alone   | missing    |
        | TagResource              | 'Tags':[{'Key':'k','Value':'v'}]               | ok     | marked    | missing | ok      | missing    |
        | UntagResource            | 'TagKeys':['k']                                | ok     | marked    | missing | ok      | missing    |
        | UpdateSecret             | 'ClientRequestToken':'T'                       | ok     | marked    | missing | ok      | missing    |
        | UpdateSecret             | 'ClientRequestToken':'T','SecretString':'s'    | ok     | marked    | missing | ok      | missing    |
        | UpdateSecretVersionStage | 'VersionStage':'L','MoveToVersionId':'V'       | ok     | marked    | missing | ok      | missing    |
        | ValidateResourcePolicy   | 'ResourcePolicy':P                             | ok     | marked    | missing | ok      | missing    |
        """;

    private const string Policy =
        """'{\'Statement\':{\'Effect\':\'Deny\',\'Principal\':{\'AWS\':\'999999999999\'},\'Action\':\'*\',\'Resource\':\'*\'}}'""";

    private const string Function = "'arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser'";

    private static readonly Dictionary<string, string> s_answers = new()
    {
        ["ok"] = " ",
        ["marked"] = $"InvalidRequestException {MarkedForDeletion}",
        ["missing"] = $"ResourceNotFoundException {NotFound}",
        ["taken"] = "ResourceExistsException The operation failed because the secret N already exists.",
        ["reserved"] =
            "InvalidRequestException You can't create this secret because a secret with this name is already scheduled for deletion.",
        ["off"] = "InvalidRequestException You tried to cancel rotation on a secret that doesn't have rotation enabled.",
        ["own"] = "InvalidParameterException Invalid replica region.",
        ["alone"] =
            "InvalidParameterException Operation not permitted on a primary secret. Call must be made in replica secret's region.",
        ["bad name"] = $"ValidationException {InvalidName}",
    };

    public static IEnumerable<object[]> Rows => TextTable.Rows(Table);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Operation_AnswersByState(
        string operation, string with, string active, string scheduled, string purged, string byName, string byOldArn)
    {
        var (name, version) = (NewName(), NewToken());
        await CreateAsync(name, token: version);
        await ExpectAsync(active, operation, name, name, with, version);

        await PurgeAsync(name);
        await CreateAsync(name, token: version);
        await OkAsync("DeleteSecret", new { SecretId = name });
        await ExpectAsync(scheduled, operation, name, name, with, version);

        await PurgeAsync(name);
        await ExpectAsync(purged, operation, name, name, with, version);

        await PurgeAsync(name);
        var oldArn = await CreateAsync(name, token: version);
        await PurgeAsync(name);
        await CreateAsync(name, token: version);
        await ExpectAsync(byOldArn, operation, name, oldArn, with, version);
        await ExpectAsync(byName, operation, name, name, with, version);
    }

    [Fact]
    public void EveryOperationOnASecret_IsInTheTable()
    {
        var tested = Rows.Select(row => row[0]).ToHashSet();
        Server.Services.GetRequiredService<OperationTable>().All
            .Where(operation => operation.Service == "secretsmanager" && !tested.Contains(operation.Name))
            .Where(operation => ServiceModel.Get("secretsmanager").Operation(operation.Name).Input.Members
                .Any(member => member.Name == "SecretId"))
            .Select(operation => operation.Name).ShouldBeEmpty("each operation has a row");
    }

    private async Task PurgeAsync(string name) => await OkAsync("DeleteSecret", new { SecretId = name, ForceDeleteWithoutRecovery = true });

    private async Task ExpectAsync(string expected, string operation, string name, string id, string with, string version)
    {
        var members = with.Replace("'T'", $"'{NewToken()}'").Replace("'V'", $"'{version}'").Replace(":F", $":{Function}")
            .Replace(":P", $":{Policy}");
        var body = $"{{'{(operation == "CreateSecret" ? "Name" : "SecretId")}':'{id}'{(members.Length == 0 ? "" : ",")}{members}}}";
        var answer = await Server.CallRawAsync(operation, body.Replace('\'', '"'), Stop);
        $"{answer.ErrorCode} {answer.ErrorMessage}".ShouldBe(s_answers[expected].Replace(" N ", $" {name} "), body);
    }
}
