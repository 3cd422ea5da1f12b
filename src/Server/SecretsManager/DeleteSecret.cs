using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Replication;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record DeleteSecretRequest
{
    public required string SecretId { get; init; }

    /// <summary>7 to 30; default 30.</summary>
    public long? RecoveryWindowInDays { get; init; }

    /// <summary>True purges at once and for good.</summary>
    public bool? ForceDeleteWithoutRecovery { get; init; }
}

internal sealed record DeleteSecretResponse
{
    public required string ARN { get; init; }

    /// <summary>The end of the recovery window: when the secret is purged.</summary>
    public required DateTimeOffset DeletionDate { get; init; }

    public required string Name { get; init; }
}

/// <summary>
/// Schedules a secret for deletion, or purges it at once when forced. While it is scheduled its value cannot be read and its name stays
/// taken; RestoreSecret takes it back. Switches rotation off; the labels stay as they are.
/// One transaction. Forcing on a secret that does not exist succeeds. Errors: ResourceNotFoundException, InvalidRequestException (already
/// scheduled), InvalidParameterException (window; a replica; a primary that still has replicas). Source: AWS API reference, DeleteSecret;
/// docs/compatibility.md.
/// </summary>
internal sealed class DeleteSecret(IDatabase database, SecretPurge purge) : IOperation<DeleteSecretRequest, DeleteSecretResponse>
{
    public async ValueTask<DeleteSecretResponse> InvokeAsync(
        DeleteSecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        var response = await database.WriteAsync(session => Delete(session, request, context, id), cancellationToken);
        purge.Wake();
        return response;
    }

    private static DeleteSecretResponse Delete(Session session, DeleteSecretRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.Find(session, context, id, request);
        var isForced = request.ForceDeleteWithoutRecovery == true;
        if (secret is null && !isForced) throw SecretsManagerErrors.SecretNotFound();
        if (secret is { IsScheduledForDeletion: true } && !isForced) throw SecretsManagerErrors.MarkedForDeletion();
        if (secret is not null) DemandUnreplicated(session, secret);
        var window = Window(request.RecoveryWindowInDays, isForced);

        var response = secret switch
        {
            null => Nothing(context, id),
            _ when isForced => Purge(session, context, secret),
            _ => Schedule(session, context, secret, window),
        };
        AuditLog.Record(session, context);
        return response;
    }

    /// <summary>A replica goes with RemoveRegionsFromReplication, a primary after its replicas.</summary>
    private static void DemandUnreplicated(Session session, Secret secret)
    {
        SecretAccess.DemandNoReplica(secret);
        if (!secret.HasReplicas || ReplicationLinks.Active(session, secret.Arn) is not { Count: > 0 } links) return;
        throw SecretsManagerErrors.StillReplicated(secret.Arn, links.Select(link => link.Region));
    }

    private static TimeSpan Window(long? days, bool isForced)
    {
        if (days is < Limits.RecoveryWindowDaysMin or > Limits.RecoveryWindowDaysMax) throw SecretsManagerErrors.RecoveryWindowOutOfRange();
        if (days is not null && isForced) throw SecretsManagerErrors.ForcedWithRecoveryWindow();
        return TimeSpan.FromDays(days ?? Limits.RecoveryWindowDaysMax);
    }

    /// <summary>Forced on what does not exist: AWS answers as if it had been there.</summary>
    private static DeleteSecretResponse Nothing(RequestContext context, SecretIdentifier id) => new()
    {
        ARN = id.Arn is null ? SecretIdentifier.NewArn(context.Account, context.Region, id.Text) : id.Text,
        Name = id.Text,
        DeletionDate = context.Time,
    };

    private static DeleteSecretResponse Purge(Session session, RequestContext context, Secret secret)
    {
        UpkeepSchedule.Purged(session, secret, context.Time);
        SecretStore.Purge(session, secret.Arn);
        SecretDeletionEvents.Ended(session, secret, context.Time, context.RequestId);
        return new DeleteSecretResponse { ARN = secret.Arn, Name = secret.Name, DeletionDate = context.Time };
    }

    private static DeleteSecretResponse Schedule(Session session, RequestContext context, Secret secret, TimeSpan window)
    {
        RotationQueue.Stop(session, secret.Arn, context.Time);
        var purgeDate = context.Time + window;
        UpkeepSchedule.BeforePurge(session, secret.Arn, purgeDate, context.Time);
        SecretStore.Update(session, RotationSchedule.WithRotationOff(secret) with
        {
            DeletedDate = context.Time,
            PurgeDate = purgeDate,
            LastChangedDate = context.Time,
        });
        SecretDeletionEvents.Started(session, secret, context.Time, context.RequestId);
        return new DeleteSecretResponse { ARN = secret.Arn, Name = secret.Name, DeletionDate = purgeDate };
    }
}
