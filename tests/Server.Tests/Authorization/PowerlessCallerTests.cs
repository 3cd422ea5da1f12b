using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Server.Identity;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization;

/// <summary>No operation forgets to ask: every one of them is called by a principal that may do nothing.</summary>
public sealed class PowerlessCallerTests
{
    private const string Token = "00000000-0000-4000-8000-000000000001";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("exists")]
    [InlineData("missing")]
    public async Task EveryOperation_RefusesAndTellsNothingAboutExistence(string secret)
    {
        await using var server = await TestServer.StartAsync(Cancel);
        await server.CallAsync("CreateSecret", new { Name = "exists", SecretString = "v", ClientRequestToken = Token }, Cancel);
        var asked = 0;
        foreach (var operation in Operations(server))
        {
            var refusal = await Should.ThrowAsync<ServiceException>(() => InvokeAsync(operation, secret), operation.Action);
            refusal.Shape.Code.ShouldBe("AccessDeniedException", operation.Action);
            var resource = operation.Name is "ListSecrets" or "GetRandomPassword" or "BatchGetSecretValue" ? "" : $" on resource: {secret}";
            refusal.Message.ShouldBe(
                $"User: secretsmanager.amazonaws.com is not authorized to perform: {operation.Action}{resource}"
                + $" because no identity-based policy allows the {operation.Action} action");
            asked++;
        }
        asked.ShouldBeGreaterThanOrEqualTo(13);
    }

    private static IEnumerable<Operation> Operations(TestServer server) =>
        server.Services.GetRequiredService<OperationTable>().All.Where(operation => operation.Service == "secretsmanager");

    private static async Task InvokeAsync(Operation operation, string secret)
    {
        var call = new Call(new DefaultHttpContext(), new AwsJson11(new OperationTable([])), "id", DateTimeOffset.UnixEpoch)
        {
            Operation = operation,
            Context = new RequestContext
            {
                Principal = Principal.Rotation(TestServer.Account), // without a lease it may do nothing
                Region = TestServer.Region,
                RequestId = "id",
                Time = DateTimeOffset.UnixEpoch,
                Action = operation.Action,
            },
        };
        using var answer = ResponseBuffer.Rent();
        await operation.InvokeAsync(call, operation.Bind(call, Body(operation, secret)), answer, Cancel);
    }

    /// <summary>Members that make a request sensible for every operation, as far as the operation has them.</summary>
    private static byte[] Body(Operation operation, string secret)
    {
        var sensible = new Dictionary<string, object>
        {
            ["SecretId"] = secret,
            ["Name"] = secret,
            ["ClientRequestToken"] = "00000000-0000-4000-8000-000000000002",
            ["SecretString"] = "x",
            ["VersionStage"] = "AWSCURRENT",
            ["MoveToVersionId"] = Token,
            ["Tags"] = new[] { new { Key = "k", Value = "v" } },
            ["TagKeys"] = new[] { "k" },
            ["AddReplicaRegions"] = new[] { new { Region = "eu-west-1" } },
            ["RemoveReplicaRegions"] = new[] { "eu-west-1" },
            ["ResourcePolicy"] = "{}",
        };
        var members = ServiceModel.Get(operation.Service).Operation(operation.Name).Input.Members.Select(member => member.Name);
        var request = members.Where(sensible.ContainsKey).ToDictionary(name => name, name => sensible[name]);
        return Encoding.UTF8.GetBytes(JsonSerializer.Serialize(request));
    }
}
