using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>
/// A request that breaks two neighbouring rules is told of the earlier one: signature, parsing, constraints, characters of the name,
/// ClientRequestToken, authorisation, existence, state, meaning.
/// </summary>
public sealed class OrderOfChecksTests(SecretsManagerServer server) : OperationTests(server)
{
    private const string Foreign = "arn:aws:secretsmanager:us-east-1:999999999999:secret:theirs-a1b2c3";
    private const string TwoValues = "T,`SecretString`:`s`,`SecretBinary`:`AAEC`";
    private const string ForeignMalformed = "arn:aws:secretsmanager:us-east-1:999999999999:other:theirs-a1b2c3";

    /// <summary>
    /// For each operation on one secret: the members of a good request, and members whose meaning is wrong for a secret with one version
    /// and no rotation, with the error that they lead to. T stands for a ClientRequestToken, which the operation cannot do without.
    /// </summary>
    private static readonly Dictionary<string, (string Good, string? Wrong, string? Error)> s_operations = new()
    {
        ["CancelRotateSecret"] = ("", "", "InvalidRequestException: You tried to cancel rotation"),
        ["CreateSecret"] = ("T", "T,`Tags`:[{`Key`:`aws:k`}]", "InvalidParameterException: You can't modify system tags"),
        ["DeleteResourcePolicy"] = ("", null, null),
        ["DeleteSecret"] = ("", "`RecoveryWindowInDays`:5", "InvalidParameterException: The RecoveryWindowInDays value"),
        ["DescribeSecret"] = ("", null, null),
        ["GetResourcePolicy"] = ("", null, null),
        ["GetSecretValue"] = ("", "`VersionStage`:`NONE`", "ResourceNotFoundException: Secrets Manager can't find the specified secret v"),
        ["ListSecretVersionIds"] = ("", "`NextToken`:`x`", "InvalidNextTokenException: Invalid NextToken"),
        ["PutResourcePolicy"] =
            ("`ResourcePolicy`:`x`", "`ResourcePolicy`:`x`", "MalformedPolicyDocumentException: This resource policy contains a"),
        ["PutSecretValue"] = ("T,`SecretString`:`s`", TwoValues, "InvalidParameterException: You can't specify both"),
        ["RemoveRegionsFromReplication"] =
            ("`RemoveReplicaRegions`:[`eu-west-1`]", "`RemoveReplicaRegions`:[`us-east-1`]", "InvalidParameterException: Invalid replica"),
        ["ReplicateSecretToRegions"] =
            ("`AddReplicaRegions`:[{}]", "`AddReplicaRegions`:[{}]", "InvalidParameterException: Invalid replica region."),
        ["RestoreSecret"] = ("", null, null),
        ["RotateSecret"] = ("T", "T", "InvalidRequestException: No Lambda rotation function ARN"),
        ["StopReplicationToReplica"] = ("", "", "InvalidParameterException: Operation not permitted on a primary secret."),
        ["TagResource"] = ("`Tags`:[]", "`Tags`:[{`Key`:`aws:k`}]", "InvalidParameterException: You can't modify system tags"),
        ["UntagResource"] = ("`TagKeys`:[]", "`TagKeys`:[`aws:k`]", "InvalidParameterException: You can't modify system tags"),
        ["UpdateSecret"] = ("T", TwoValues, "InvalidParameterException: You can't specify both"),
        ["UpdateSecretVersionStage"] = ("`VersionStage`:`L`", "`VersionStage`:`L`", "InvalidParameterException: You must specify"),
    };

    public static TheoryData<string> All => [.. s_operations.Keys];

    public static TheoryData<string> WithToken =>
        [.. s_operations.Where(operation => operation.Value.Good.StartsWith('T')).Select(operation => operation.Key)];

    /// <summary>Operations on a secret that exists, where a meaning can be wrong.</summary>
    public static TheoryData<string> WithMeaning =>
        [.. s_operations.Where(operation => operation.Value.Wrong is not null).Select(operation => operation.Key).Except(["CreateSecret"])];

    [Fact]
    public void EveryOperationOnASecret_IsInTheTable() => Server.Services.GetRequiredService<OperationTable>().All
        .Where(operation => operation.Service == "secretsmanager" && !s_operations.ContainsKey(operation.Name))
        .Where(operation => RequiresSecretId(ServiceModel.Get("secretsmanager").Operation(operation.Name).Input))
        .Select(operation => operation.Name).ShouldBeEmpty("each operation has a row");

    [Theory]
    [MemberData(nameof(All))]
    public async Task Signature_BeforeParsing(string operation)
    {
        using var client = Server.Client("secretsmanager", new SigningCredentials(TestServer.RootAccessKeyId, Sensitive.FromText("wrong")));
        using var request = Server.JsonRequest($"secretsmanager.{operation}", "{"u8.ToArray());
        (await TestServer.SendAsync(client, request, Stop)).ErrorCode.ShouldBe("InvalidSignatureException");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Parsing_BeforeConstraints(string operation)
    {
        // The name is too short; the brace is missing, or a member has the wrong type.
        var body = Body(operation, "");
        (await Server.CallRawAsync(operation, body[..^1], Stop)).ErrorCode.ShouldBe("SerializationException");
        var member = ServiceModel.Get("secretsmanager").Operation(operation).Input.Members[^1].Name;
        var typed = JsonNode.Parse(body)!.AsObject();
        typed[member] = new JsonObject { ["x"] = new JsonArray() };
        if (member == IdOf(operation)) typed[member] = 5;
        var wrong = typed.ToJsonString();
        (await Server.CallRawAsync(operation, wrong, Stop)).ErrorCode.ShouldBe("SerializationException", wrong);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Constraints_BeforeCharactersOfTheName(string operation) => await TellsAsync(
        operation, Body(operation, new string(' ', 2049)), "ValidationException: 1 validation error detected: Value '");

    [Theory]
    [MemberData(nameof(WithToken))]
    public async Task CharactersOfTheName_BeforeTheToken(string operation) =>
        await TellsAsync(operation, Body(operation, "a b", withToken: false), "ValidationException: Invalid name.");

    [Theory]
    [MemberData(nameof(All))]
    public async Task CharactersOfTheName_BeforeAuthorisation(string operation)
    {
        foreach (var id in new[] { "a b", ForeignMalformed })
            await TellsAsync(operation, Body(operation, id), "ValidationException: Invalid name.");
    }

    [Theory]
    [MemberData(nameof(WithToken))]
    public async Task Token_BeforeAuthorisationAndExistence(string operation)
    {
        var code = operation == "RotateSecret" ? "InvalidParameterException" : "InvalidRequestException";
        foreach (var id in operation == "CreateSecret" ? ["missing"] : new[] { "missing", Foreign })
            await TellsAsync(operation, Body(operation, id, withToken: false), $"{code}: {TokenMissing}");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Authorisation_BeforeExistenceAndMeaning(string operation)
    {
        if (operation == "CreateSecret") return; // a name is always the caller's own
        var denied = "AccessDeniedException: User: arn:aws:iam::123456789012:root is not authorized to perform: "
            + $"secretsmanager:{operation} on resource: {Foreign} because";
        await TellsAsync(operation, Body(operation, Foreign), denied);
        await TellsAsync(operation, Body(operation, Foreign, s_operations[operation].Wrong), denied);
    }

    [Theory]
    [MemberData(nameof(WithMeaning))]
    public async Task Existence_BeforeMeaning(string operation) =>
        await TellsAsync(operation, Body(operation, "missing", s_operations[operation].Wrong), $"ResourceNotFoundException: {NotFound}");

    [Theory]
    [MemberData(nameof(WithMeaning))]
    public async Task State_BeforeMeaning(string operation)
    {
        var name = NewName();
        await CreateAsync(name);
        // What is wrong is wrong: without the deletion the request fails for its meaning.
        await TellsAsync(operation, Body(operation, name, s_operations[operation].Wrong), s_operations[operation].Error!);
        await OkAsync("DeleteSecret", new { SecretId = name });
        await TellsAsync(operation, Body(operation, name, s_operations[operation].Wrong), $"InvalidRequestException: {MarkedForDeletion}");
    }

    [Fact]
    public async Task ExistenceAndState_BeforeTheMeaningOfANewSecret()
    {
        const string systemTag = "T,`SecretString`:`s`,`Tags`:[{`Key`:`aws:k`}]";
        var name = NewName();
        await TellsAsync("CreateSecret", Body("CreateSecret", name, systemTag), "InvalidParameterException: You can't modify system tags");
        await CreateAsync(name);
        await TellsAsync("CreateSecret", Body("CreateSecret", name, systemTag), "ResourceExistsException: The operation failed because");
        await OkAsync("DeleteSecret", new { SecretId = name });
        await TellsAsync("CreateSecret", Body("CreateSecret", name, TwoValues), "InvalidRequestException: You can't create this secret");
    }

    private static bool RequiresSecretId(Shape input) =>
        input.Members.Any(member => member.Name == "SecretId" && (input.RequiredMembers & member.Bit) != 0);

    private static string IdOf(string operation) => operation == "CreateSecret" ? "Name" : "SecretId";

    /// <summary>A request for a secret: good but for its id, or with other members.</summary>
    private static string Body(string operation, string id, string? members = null, bool withToken = true)
    {
        members ??= s_operations[operation].Good;
        var token = withToken ? $"`ClientRequestToken`:`{NewToken()}`" : "`Unknown`:0";
        var rest = members.StartsWith('T') ? token + members[1..] : members;
        return $"{{`{IdOf(operation)}`:`{id}`{(rest.Length == 0 ? "" : ",")}{rest}}}".Replace('`', '"');
    }

    private async Task TellsAsync(string operation, string body, string start)
    {
        var answer = await Server.CallRawAsync(operation, Encoding.UTF8.GetBytes(body), Stop);
        $"{answer.ErrorCode}: {answer.ErrorMessage}".ShouldStartWith(start, Case.Sensitive, body);
    }
}
