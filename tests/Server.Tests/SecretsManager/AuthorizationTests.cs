using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Server.Identity;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Every operation, called by a principal that may do nothing: refused before it tells what exists.</summary>
public sealed class AuthorizationTests(SecretsManagerServer server) : OperationTests(server)
{
    private const string Missing = "nobody";

    public static TheoryData<string> Operations() =>
    [
        nameof(CreateSecret), nameof(DeleteSecret), nameof(DescribeSecret), nameof(GetRandomPassword), nameof(GetSecretValue),
        nameof(ListSecrets), nameof(ListSecretVersionIds), nameof(PutSecretValue), nameof(RestoreSecret), nameof(TagResource),
        nameof(UntagResource), nameof(UpdateSecret), nameof(UpdateSecretVersionStage),
    ];

    /// <summary>No operation can be forgotten in the list above.</summary>
    [Fact]
    public void EveryOperation_IsTested() => Operations().Select(row => row.Data).ShouldBe(
        Server.Services.GetServices<Operation>().Where(operation => operation.Service == "secretsmanager")
            .Select(operation => operation.Name)
            .Except(["RotateSecret", "CancelRotateSecret"]),
        ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task PowerlessPrincipal_IsDenied(string operation)
    {
        var name = NewName();
        await CreateAsync(name);
        await ValueAsync(name);
        var before = Fingerprint();
        foreach (var id in new[] { name, Missing })
        {
            var error = await Should.ThrowAsync<ServiceException>(InvokeAsync(operation, id));
            error.Shape.Code.ShouldBe("AccessDeniedException");
            var resource = operation is nameof(ListSecrets) or nameof(GetRandomPassword) ? "" : $" on resource: {id}";
            error.Message.ShouldBe(
                $"User: secretsmanager.amazonaws.com is not authorized to perform: secretsmanager:{operation}{resource}"
                + $" because no identity-based policy allows the secretsmanager:{operation} action");
        }
        Fingerprint().ShouldBe(before);
    }

    private async Task InvokeAsync(string operation, string id)
    {
        var token = NewToken();
        using var value = Sensitive.FromText("s");
        switch (operation)
        {
            case nameof(CreateSecret):
                await CallAsync<CreateSecret, CreateSecretRequest, CreateSecretResponse>(
                    new() { Name = id, ClientRequestToken = token, SecretString = value });
                break;
            case nameof(DeleteSecret):
                await CallAsync<DeleteSecret, DeleteSecretRequest, DeleteSecretResponse>(
                    new() { SecretId = id, ForceDeleteWithoutRecovery = true });
                break;
            case nameof(DescribeSecret):
                await CallAsync<DescribeSecret, DescribeSecretRequest, DescribeSecretResponse>(new() { SecretId = id });
                break;
            case nameof(GetRandomPassword):
                await CallAsync<GetRandomPassword, GetRandomPasswordRequest, GetRandomPasswordResponse>(new());
                break;
            case nameof(GetSecretValue):
                await CallAsync<GetSecretValue, GetSecretValueRequest, GetSecretValueResponse>(new() { SecretId = id });
                break;
            case nameof(ListSecrets):
                await CallAsync<ListSecrets, ListSecretsRequest, ListSecretsResponse>(new());
                break;
            case nameof(ListSecretVersionIds):
                await CallAsync<ListSecretVersionIds, ListSecretVersionIdsRequest, ListSecretVersionIdsResponse>(new() { SecretId = id });
                break;
            case nameof(PutSecretValue):
                await CallAsync<PutSecretValue, PutSecretValueRequest, PutSecretValueResponse>(
                    new() { SecretId = id, ClientRequestToken = token, SecretString = value });
                break;
            case nameof(RestoreSecret):
                await CallAsync<RestoreSecret, RestoreSecretRequest, RestoreSecretResponse>(new() { SecretId = id });
                break;
            case nameof(TagResource):
                await CallAsync<TagResource, TagResourceRequest, EmptyResponse>(
                    new() { SecretId = id, Tags = [new TagEntry { Key = "k", Value = "v" }] });
                break;
            case nameof(UntagResource):
                await CallAsync<UntagResource, UntagResourceRequest, EmptyResponse>(new() { SecretId = id, TagKeys = ["k"] });
                break;
            case nameof(UpdateSecret):
                await CallAsync<UpdateSecret, UpdateSecretRequest, UpdateSecretResponse>(
                    new() { SecretId = id, ClientRequestToken = token, Description = "d" });
                break;
            case nameof(UpdateSecretVersionStage):
                await CallAsync<UpdateSecretVersionStage, UpdateSecretVersionStageRequest, UpdateSecretVersionStageResponse>(
                    new() { SecretId = id, VersionStage = "L", MoveToVersionId = token });
                break;
            default:
                throw new InvalidOperationException(operation);
        }
    }

    private async Task CallAsync<TOperation, TRequest, TResponse>(TRequest request)
        where TOperation : class, IOperation<TRequest, TResponse>
    {
        // The service without a rotation has no rights at all.
        var context = new RequestContext
        {
            Principal = Principal.Rotation("123456789012"),
            Region = "us-east-1",
            RequestId = "r",
            Time = Server.Clock.GetUtcNow(),
            Action = $"secretsmanager:{typeof(TOperation).Name}",
        };
        await Server.Services.GetRequiredService<TOperation>().InvokeAsync(request, context, Stop);
        context.Audit.IsRecorded.ShouldBeFalse();
    }

    private string Fingerprint() => Server.Services.GetRequiredService<IDatabase>().Read(session => string.Join('\n', session.Query(
        """
        SELECT s.name, s.last_changed_at, s.tags, s.deleted_at, (SELECT COUNT(*) FROM secret_versions v WHERE v.arn = s.arn),
            (SELECT COUNT(*) FROM secret_labels l WHERE l.arn = s.arn)
        FROM secrets s ORDER BY s.name
        """,
        row => $"{row.Text(0)} {row.Number(1)} {row.TextOrNull(2)} {row.NumberOrNull(3)} {row.Number(4)} {row.Number(5)}")));
}
