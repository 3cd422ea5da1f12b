using System.Collections.Immutable;
using System.Globalization;
using Rekey.Server.Authorization.Policies;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// What policies may ask of a call to Secrets Manager. A text that the caller left out is an absent key; a Boolean or number that he left
/// out has its default, so that a condition decides on what will happen.
/// Source: AWS Service Authorization Reference, "Actions, resources, and condition keys for AWS Secrets Manager"; docs/compatibility.md.
/// </summary>
internal static class ConditionKeys
{
    private const string Prefix = "secretsmanager:";

    /// <summary>The keys of a request's members. Requests that have none besides SecretId may be null.</summary>
    /// <param name="secretId">As the caller wrote it.</param>
    public static ContextKeys OfRequest(Session session, RequestContext context, string secretId, object? request)
    {
        var keys = new ContextKeys().Add(Prefix + "SecretId", secretId);
        return request switch
        {
            DeleteSecretRequest deletion => OfDeletion(keys, deletion),
            PutResourcePolicyRequest put => OfPut(secretId, put.BlockPublicPolicy ?? false),
            ReplicateSecretToRegionsRequest replication => OfReplication(keys, replication),
            RotateSecretRequest rotation => OfRotation(keys, rotation),
            TagResourceRequest tagging => OfTags(keys, tagging.Tags),
            UntagResourceRequest untagging => keys.Add("aws:TagKeys", [.. untagging.TagKeys]),
            UpdateSecretRequest update => OfUpdate(keys, update, KeyArn(session, context, update.KmsKeyId)),
            UpdateSecretVersionStageRequest move => keys.Add(Prefix + "VersionStage", move.VersionStage),
            _ => keys,
        };
    }

    /// <summary>The keys of PutResourcePolicy.</summary>
    /// <param name="secretId">As the caller wrote it; null when there is none.</param>
    public static ContextKeys OfPut(string? secretId, bool isPublicBlocked) =>
        new ContextKeys().Add(Prefix + "SecretId", secretId).Add(Prefix + "BlockPublicPolicy", Text(isPublicBlocked));

    /// <summary>The keys of a read of a value.</summary>
    /// <param name="value">What was found: the labels of its version are what VersionStage is compared with.</param>
    public static ContextKeys OfRead(GetSecretValueRequest request, SealedValue value) => new ContextKeys()
        .Add(Prefix + "SecretId", request.SecretId)
        .Add(Prefix + "VersionId", request.VersionId)
        .Add(Prefix + "VersionStage", StagesOf(request, value));

    /// <summary>Adds the keys of the secret itself.</summary>
    public static ContextKeys AddSecret(ContextKeys keys, Secret secret)
    {
        foreach (var tag in secret.Tags ?? [])
            keys.Add($"aws:ResourceTag/{tag.Key}", tag.Value).Add($"{Prefix}ResourceTag/{tag.Key}", tag.Value);
        return keys.Add(Prefix + "resource/AllowRotationLambdaArn", secret.RotationLambdaArn)
            .Add(Prefix + "resource/Type", secret.Type)
            .Add(Prefix + "SecretPrimaryRegion", secret.PrimaryRegion);
    }

    /// <summary>
    /// Until a rotation is settled its version has both labels. The value is the current one then: who is kept from what is pending must
    /// not be locked out for that time.
    /// </summary>
    private static ImmutableArray<string> StagesOf(GetSecretValueRequest request, SealedValue value)
    {
        if (value.VersionId is null) return request.VersionStage is { } stage ? [stage] : [];
        var isPendingAsked = request.VersionStage == StagingLabels.Pending;
        return isPendingAsked || !value.Stages.Contains(StagingLabels.Current) ? value.Stages : value.Stages.Remove(StagingLabels.Pending);
    }

    private static ContextKeys OfDeletion(ContextKeys keys, DeleteSecretRequest request)
    {
        var isForced = request.ForceDeleteWithoutRecovery ?? false;
        var days = request.RecoveryWindowInDays ?? (isForced ? null : Limits.RecoveryWindowDaysMax);
        return keys.Add(Prefix + "ForceDeleteWithoutRecovery", Text(isForced))
            .Add(Prefix + "RecoveryWindowInDays", days?.ToString(CultureInfo.InvariantCulture));
    }

    private static ContextKeys OfReplication(ContextKeys keys, ReplicateSecretToRegionsRequest request) => keys
        .Add(Prefix + "AddReplicaRegions", [.. request.AddReplicaRegions.Select(entry => entry.Region).OfType<string>()])
        .Add(Prefix + "ForceOverwriteReplicaSecret", Text(request.ForceOverwriteReplicaSecret ?? false));

    private static ContextKeys OfRotation(ContextKeys keys, RotateSecretRequest request) => keys
        .Add(Prefix + "RotationLambdaARN", request.RotationLambdaARN)
        .Add(Prefix + "ExternalSecretRotationRoleArn", request.ExternalSecretRotationRoleArn)
        .Add(Prefix + "ModifyRotationRules", Text(request.RotationRules is not null))
        .Add(Prefix + "RotateImmediately", Text(request.RotateImmediately ?? true));

    private static ContextKeys OfTags(ContextKeys keys, IReadOnlyList<TagEntry> tags)
    {
        foreach (var tag in tags)
            if (tag.Key is { } key) keys.Add($"aws:RequestTag/{key}", tag.Value ?? "");
        return keys.Add("aws:TagKeys", [.. tags.Select(tag => tag.Key).OfType<string>()]);
    }

    private static ContextKeys OfUpdate(ContextKeys keys, UpdateSecretRequest request, string? keyArn) => keys
        .Add(Prefix + "Description", request.Description)
        .Add(Prefix + "KmsKeyId", request.KmsKeyId)
        .Add(Prefix + "KmsKeyArn", keyArn)
        .Add(Prefix + "Type", request.Type);

    /// <summary>The key that a request names; null when it names none or one that does not exist.</summary>
    private static string? KeyArn(Session session, RequestContext context, string? kmsKeyId) =>
        kmsKeyId is null ? null : KmsKeyStore.Resolve(session, context.Account, context.Region, kmsKeyId);

    private static string Text(bool value) => value ? "true" : "false";
}
