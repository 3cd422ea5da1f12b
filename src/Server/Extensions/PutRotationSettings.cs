using Microsoft.Extensions.Options;
using Rekey.Server.Audit;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Extensions;

internal sealed record PutRotationSettingsRequest
{
    public required string SecretId { get; init; }

    /// <summary>All settings: what is left out gets its default.</summary>
    public required RotationSettingsEntry Settings { get; init; }
}

/// <summary>
/// Rekey's own: stores how a secret is rotated, in the place of what was stored before. The next rotation goes by it; one in progress may
/// go by either. Whoever calls it must be allowed secretsmanager:RotateSecret on the secret as well: settings choose whose password changes
/// and how. Atomic. Errors: ResourceNotFoundException, AccessDeniedException, InvalidRequestException (marked for deletion),
/// InvalidParameterException (a replica; an unknown setting; settings that contradict each other or the secret's rotation function; a
/// password policy by which no password can be made). Source: own, for the command line.
/// </summary>
internal sealed class PutRotationSettings(IDatabase database, RotationSettingsCheck check, IOptions<RotationOptions> options)
    : IOperation<PutRotationSettingsRequest, RotationSettingsResponse>
{
    public async ValueTask<RotationSettingsResponse> InvokeAsync(
        PutRotationSettingsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return await database.WriteAsync(session => Put(session, request, context, id), cancellationToken);
    }

    private RotationSettingsResponse Put(
        Session session, PutRotationSettingsRequest request, RequestContext context, SecretIdentifier id)
    {
        var secret = SecretAccess.DemandWritable(session, context, id);
        SecretAccess.DemandWritable(session, context.ForPart("secretsmanager:RotateSecret"), id);
        var settings = check.Demand(request.Settings, secret);
        var configuration = RotationConfigurations.Of(session, secret.Arn) with { Settings = settings };
        RotationConfigurations.Write(session, configuration);
        if (UpkeepSchedule.IsVerified(secret)) UpkeepSchedule.Beat(session, secret.Arn, settings, options.Value, context.Time);
        AuditLog.Record(session, context);
        return RotationSettingsResponse.Of(secret, configuration);
    }
}
