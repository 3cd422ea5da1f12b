using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.Settings;

namespace Rekey.Server.SecretsManager;

internal static class SecretsManagerServices
{
    private const string Service = "secretsmanager";

    /// <summary>Registers the operations of Secrets Manager and what they share. Needs storage, keys and rotation options.</summary>
    internal static IServiceCollection AddSecretsManager(this IServiceCollection services)
    {
        services.AddSettings<QuotaOptions>(QuotaOptions.Section);
        services.AddSingleton<VersionLimits>();
        services.AddSingleton<SecretKeys>().AddSingleton<SecretValues>().AddSingleton<SecretQuota>().AddSingleton<ManualChange>();
        services.AddSingleton<ReplicaRegions>();
        services.AddSingleton<ValueCache>().AddSingleton<MemoryCipher>().AddSingleton<SecretValueReader>();
        services.AddSingleton<PageTokens>();
        services.AddSingleton<AccessDays>().AddHostedService(provider => provider.GetRequiredService<AccessDays>());
        services.AddSingleton<SecretPurge>().AddHostedService(provider => provider.GetRequiredService<SecretPurge>());
        return services.AddOperations();
    }

    private static IServiceCollection AddOperations(this IServiceCollection services)
    {
        var json = SecretsManagerJson.Default;
        services.AddJsonOperation<BatchGetSecretValue, BatchGetSecretValueRequest, BatchGetSecretValueResponse>(
            Service, json.BatchGetSecretValueRequest, json.BatchGetSecretValueResponse);
        services.AddJsonOperation<CancelRotateSecret, CancelRotateSecretRequest, CancelRotateSecretResponse>(
            Service, json.CancelRotateSecretRequest, json.CancelRotateSecretResponse);
        services.AddJsonOperation<CreateSecret, CreateSecretRequest, CreateSecretResponse>(
            Service, json.CreateSecretRequest, json.CreateSecretResponse);
        services.AddJsonOperation<DeleteResourcePolicy, DeleteResourcePolicyRequest, DeleteResourcePolicyResponse>(
            Service, json.DeleteResourcePolicyRequest, json.DeleteResourcePolicyResponse);
        services.AddJsonOperation<DeleteSecret, DeleteSecretRequest, DeleteSecretResponse>(
            Service, json.DeleteSecretRequest, json.DeleteSecretResponse);
        services.AddJsonOperation<DescribeSecret, DescribeSecretRequest, DescribeSecretResponse>(
            Service, json.DescribeSecretRequest, json.DescribeSecretResponse);
        services.AddJsonOperation<GetRandomPassword, GetRandomPasswordRequest, GetRandomPasswordResponse>(
            Service, json.GetRandomPasswordRequest, json.GetRandomPasswordResponse);
        services.AddJsonOperation<GetResourcePolicy, GetResourcePolicyRequest, GetResourcePolicyResponse>(
            Service, json.GetResourcePolicyRequest, json.GetResourcePolicyResponse);
        services.AddJsonOperation<GetSecretValue, GetSecretValueRequest, GetSecretValueResponse>(
            Service, json.GetSecretValueRequest, json.GetSecretValueResponse);
        services.AddJsonOperation<ListSecrets, ListSecretsRequest, ListSecretsResponse>(
            Service, json.ListSecretsRequest, json.ListSecretsResponse);
        services.AddJsonOperation<ListSecretVersionIds, ListSecretVersionIdsRequest, ListSecretVersionIdsResponse>(
            Service, json.ListSecretVersionIdsRequest, json.ListSecretVersionIdsResponse);
        services.AddJsonOperation<PutResourcePolicy, PutResourcePolicyRequest, PutResourcePolicyResponse>(
            Service, json.PutResourcePolicyRequest, json.PutResourcePolicyResponse);
        services.AddJsonOperation<PutSecretValue, PutSecretValueRequest, PutSecretValueResponse>(
            Service, json.PutSecretValueRequest, json.PutSecretValueResponse);
        services.AddJsonOperation<RemoveRegionsFromReplication, RemoveRegionsFromReplicationRequest, RemoveRegionsFromReplicationResponse>(
            Service, json.RemoveRegionsFromReplicationRequest, json.RemoveRegionsFromReplicationResponse);
        services.AddJsonOperation<ReplicateSecretToRegions, ReplicateSecretToRegionsRequest, ReplicateSecretToRegionsResponse>(
            Service, json.ReplicateSecretToRegionsRequest, json.ReplicateSecretToRegionsResponse);
        services.AddJsonOperation<RestoreSecret, RestoreSecretRequest, RestoreSecretResponse>(
            Service, json.RestoreSecretRequest, json.RestoreSecretResponse);
        services.AddJsonOperation<RotateSecret, RotateSecretRequest, RotateSecretResponse>(
            Service, json.RotateSecretRequest, json.RotateSecretResponse);
        services.AddJsonOperation<StopReplicationToReplica, StopReplicationToReplicaRequest, StopReplicationToReplicaResponse>(
            Service, json.StopReplicationToReplicaRequest, json.StopReplicationToReplicaResponse);
        services.AddJsonOperation<TagResource, TagResourceRequest>(Service, json.TagResourceRequest);
        services.AddJsonOperation<UntagResource, UntagResourceRequest>(Service, json.UntagResourceRequest);
        services.AddJsonOperation<UpdateSecret, UpdateSecretRequest, UpdateSecretResponse>(
            Service, json.UpdateSecretRequest, json.UpdateSecretResponse);
        services.AddJsonOperation<UpdateSecretVersionStage, UpdateSecretVersionStageRequest, UpdateSecretVersionStageResponse>(
            Service, json.UpdateSecretVersionStageRequest, json.UpdateSecretVersionStageResponse);
        return services.AddJsonOperation<ValidateResourcePolicy, ValidateResourcePolicyRequest, ValidateResourcePolicyResponse>(
            Service, json.ValidateResourcePolicyRequest, json.ValidateResourcePolicyResponse);
    }
}
