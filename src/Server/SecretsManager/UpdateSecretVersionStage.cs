using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record UpdateSecretVersionStageRequest
{
    public required string SecretId { get; init; }
    public required string VersionStage { get; init; }

    /// <summary>The version that holds the label; required to take it from there.</summary>
    public string? RemoveFromVersionId { get; init; }

    /// <summary>The version that gets the label; absent: it is only taken away.</summary>
    public string? MoveToVersionId { get; init; }
}

internal sealed record UpdateSecretVersionStageResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }
}

/// <summary>
/// Moves, adds or removes one staging label. AWSCURRENT takes AWSPREVIOUS to the version it leaves and cannot be removed; AWSPENDING stays
/// where it is. Moving AWSCURRENT by hand ends a rotation in progress.
/// One transaction, refused when it comes from a rotation that has lost its lease. Errors: ResourceNotFoundException,
/// InvalidRequestException (marked for deletion), InvalidParameterException (the label is elsewhere, not there, or may not be removed; no
/// such version), LimitExceededException. Source: AWS API reference, UpdateSecretVersionStage; docs/compatibility.md.
/// </summary>
internal sealed class UpdateSecretVersionStage(IDatabase database, ManualChange manualChange, VersionLimits limits)
    : IOperation<UpdateSecretVersionStageRequest, UpdateSecretVersionStageResponse>
{
    public async ValueTask<UpdateSecretVersionStageResponse> InvokeAsync(
        UpdateSecretVersionStageRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Update(session, request, context, id), cancellationToken);
    }

    private UpdateSecretVersionStageResponse Update(
        Session session, UpdateSecretVersionStageRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id, request);
        RotationQueue.DemandLease(session, context.Lease);
        var labels = secret.Labels;
        var moved = Move(secret, labels, request);
        if (moved != labels)
        {
            limits.DemandRoomForLabels(labels, moved);
            SecretStore.WriteLabels(session, secret.Arn, labels, moved);
            var changed = manualChange.Apply(session, context, secret, secret.With(moved));
            SecretStore.Update(session, changed with { LastChangedDate = context.Time });
        }
        AuditLog.Record(session, context);
        return new UpdateSecretVersionStageResponse { ARN = secret.Arn, Name = secret.Name };
    }

    private static StagingLabels Move(Secret secret, StagingLabels labels, UpdateSecretVersionStageRequest request)
    {
        var (label, from, to) = (request.VersionStage, request.RemoveFromVersionId, request.MoveToVersionId);
        var holder = labels.VersionOf(label);
        if (from is null && to is null) throw SecretsManagerErrors.NoVersionGiven();
        if (to is null && label == StagingLabels.Current) throw SecretsManagerErrors.CurrentCannotBeRemoved();
        if (from is not null && from != holder) throw SecretsManagerErrors.LabelNotAttached(label, from);
        if (to is null) return labels.Remove(label);

        var target = secret.FindVersion(to) ?? throw SecretsManagerErrors.NotAVersion(to);
        if (from is null && holder is not null && holder != to) throw SecretsManagerErrors.LabelElsewhere(label, holder);
        if (label == StagingLabels.Current && !target.HasValue) throw SecretsManagerErrors.CurrentWithoutValue(to);
        return labels.Attach(label, to);
    }
}
