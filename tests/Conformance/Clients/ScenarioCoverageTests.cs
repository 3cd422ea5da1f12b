using System.Text.Json.Nodes;
using Rekey.Server.Protocols.Shapes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>The scenarios leave out no operation of the service model, and no error that it declares, without saying why.</summary>
public sealed class ScenarioCoverageTests
{
    private const string NormalUse = "normal use";

    private static readonly ServiceModel s_model = ServiceModel.Get("secretsmanager");

    /// <summary>Errors that the model declares and that no client can get here.</summary>
    private static readonly (string Code, string Reason, string[] Operations)[] s_notProvoked =
    [
        ("InternalServiceError", "a fault of the server", [.. s_model.Operations.Select(operation => operation.Name)]),
        ("DecryptionFailure", "a damaged store, or a key that was switched off, which needs the KMS",
            ["BatchGetSecretValue", "CreateSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret"]),
        ("EncryptionFailure", "a key that was switched off, which needs the KMS", ["CreateSecret", "PutSecretValue", "UpdateSecret"]),
        ("MalformedPolicyDocumentException", "the request holds no policy", ["CreateSecret", "UpdateSecret"]),
        ("PreconditionNotMetException", "no precondition is known", ["CreateSecret", "UpdateSecret"]),
        ("ResourceNotFoundException", "a new secret needs nothing to be there", ["CreateSecret"]),
        ("LimitExceededException", "takes 500,000 secrets, or a quota for the server of every scenario", ["CreateSecret"]),
        ("ResourceNotFoundException", "an entry of Errors instead", ["BatchGetSecretValue"]),
        ("InvalidRequestException", "an entry of Errors instead", ["BatchGetSecretValue"]),
        ("InvalidParameterException", "every bad parameter breaks a constraint of the model",
            ["DescribeSecret", "GetResourcePolicy", "GetSecretValue", "ListSecretVersionIds", "ValidateResourcePolicy"]),
        ("InvalidRequestException", "no state of anything stands in the way", ["GetRandomPassword", "ListSecrets", "RestoreSecret"]),
    ];

    public static TheoryData<string> Operations => [.. s_model.Operations.Select(operation => operation.Name)];

    public static TheoryData<string> Clients => [.. InstalledClient.All.Select(client => client.Name).DefaultIfEmpty("none")];

    [Theory]
    [MemberData(nameof(Operations))]
    public void NormalUse_IsAScenario(string operation)
    {
        Scenario.All.Values.Where(scenario => scenario.Operation == operation && scenario.Title == NormalUse)
            .SelectMany(scenario => scenario.Calls)
            .ShouldContain(call => call.Operation == operation && call.Error == null && call.Answer != null);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void EveryDeclaredError_IsProvokedOrExplained(string operation)
    {
        var provoked = Scenario.All.Values.SelectMany(scenario => scenario.Calls)
            .Where(call => call.Operation == operation && call.Error is not null).Select(call => call.Error!).ToHashSet();
        var explained = s_notProvoked.Where(one => one.Operations.Contains(operation)).Select(one => one.Code).ToArray();
        var declared = s_model.Operation(operation).Errors;
        declared.Except(explained).Except(provoked).ShouldBeEmpty("neither provoked nor explained");
        explained.Intersect(provoked).ShouldBeEmpty("provoked after all");
        explained.Except(declared).ShouldBeEmpty("explained, but not declared");
    }

    /// <summary>A misspelt member would be dropped by the clients that check nothing, and the scenario would test something else.</summary>
    [Fact]
    public void EveryParameter_IsAMemberOfTheModel() =>
        Scenario.All.Values.SelectMany(scenario => scenario.Calls)
            .SelectMany(call => Unknown(s_model.Operation(call.Operation).Input, call.Parameters), (call, name) => (call.Operation, name))
            .ShouldBeEmpty();

    /// <summary>AWS describes none for Secrets Manager, so no client has any: whoever waits for a rotation asks DescribeSecret.</summary>
    [Theory]
    [MemberData(nameof(Clients))]
    public void NoClient_HasWaiters(string client)
    {
        Assert.SkipWhen(client == "none", "no client is installed (eng/install --tests, eng/clients)");
        var description = InstalledClient.All.Single(one => one.Name == client).Description;
        description.Waiters.ShouldBeEmpty();
        description.Paginators.ShouldContain("ListSecrets");
    }

    private static IEnumerable<string> Unknown(Shape shape, JsonNode? value) => (shape.Kind, value) switch
    {
        (ShapeKind.Structure, JsonObject members) => members.SelectMany(member =>
            shape.Members.FirstOrDefault(one => one.Name == member.Key) is { } known ? Unknown(known.Shape, member.Value) : [member.Key]),
        (ShapeKind.List, JsonArray values) => values.SelectMany(one => Unknown(shape.Element!, one)),
        _ => [],
    };
}
