using Microsoft.Extensions.Options;
using Rekey.Server.Audit;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Logins;
using Rekey.Server.Rotation.Native;
using Rekey.Server.Schedules;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record RotateSecretRequest
{
    public required string SecretId { get; init; }

    /// <summary>32 to 64 characters; becomes the VersionId of the new version.</summary>
    public string? ClientRequestToken { get; init; }

    /// <summary>The function that rotates; may be left out once it is stored.</summary>
    public string? RotationLambdaARN { get; init; }

    public RotationRules? RotationRules { get; init; }

    /// <summary>Role and settings of a partner-held secret's rotation: none is served here.</summary>
    public string? ExternalSecretRotationRoleArn { get; init; }

    /// <inheritdoc cref="ExternalSecretRotationRoleArn"/>
    public IReadOnlyList<ExternalRotationEntry>? ExternalSecretRotationMetadata { get; init; }

    /// <summary>Default true. False stores the configuration and runs testSecret alone.</summary>
    public bool? RotateImmediately { get; init; }
}

internal sealed record ExternalRotationEntry
{
    public string? Key { get; init; }
    public string? Value { get; init; }
}

internal sealed record RotateSecretResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }
    public required string VersionId { get; init; }
}

/// <summary>
/// Configures rotation and starts one, or with RotateImmediately=false only tests the configuration. Answers before the rotation has run.
/// The configuration, the reserved version and the queued rotation are one transaction: all of it holds after a crash, or none.
/// Errors: InvalidParameterException (no ClientRequestToken; rules; a value of no use, where the operator demands one),
/// ResourceNotFoundException, InvalidRequestException (marked for deletion; no function, or one without its native driver; the token is
/// that of a version which no rotation made; a previous rotation isn't complete, which is taken up again by this call),
/// AccessDeniedException (function not invokable).
/// Source: AWS API reference, RotateSecret; docs/compatibility.md.
/// </summary>
internal sealed class RotateSecret(
    IDatabase database, EnvelopeCipher cipher, RotationFunctions functions, RotationBinding binding, UsableValue usableValue,
    RotationScheduler scheduler, IOptions<RotationOptions> options)
    : IOperation<RotateSecretRequest, RotateSecretResponse>
{
    public async ValueTask<RotateSecretResponse> InvokeAsync(
        RotateSecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        var token = request.ClientRequestToken ?? throw SecretsManagerErrors.RotationTokenMissing();
        var response = await database.WriteAsync(session => Rotate(session, request, id, token, context), cancellationToken);
        scheduler.Wake();
        return response ?? throw SecretsManagerErrors.PreviousRotationIncomplete();
    }

    /// <returns>Null when a previous rotation isn't complete; it has been taken up again.</returns>
    private RotateSecretResponse? Rotate(
        Session session, RotateSecretRequest request, SecretIdentifier id, string token, RequestContext context)
    {
        var secret = SecretAccess.DemandWritable(session, context, id, request);
        var answer = new RotateSecretResponse { ARN = secret.Arn, Name = secret.Name, VersionId = token };
        var configured = Configure(secret, request, context);
        usableValue.Demand(session, configured);
        if (secret.FindVersion(token) is not null)
        {
            // A repeat of the call that made this version. Any other use of the token would drop the request without a word.
            if (RotationJournal.Knows(session, secret.Arn, token)) return answer;
            throw SecretsManagerErrors.RotationTokenTaken(token, secret.Arn);
        }
        LoginWaits.Decided(session, secret.Arn, context.Time);
        if (Unfinished(session, secret, context.Time) is { } pendingVersionId)
        {
            // A pending version that no rotation here is making: it is rotated to as this call says, or nothing ever would.
            if (RotationRows.Find(session, secret.Arn) is null) Enable(session, request, context, secret, configured, inProgress: true);
            RotationStart.Redrive(session, secret, pendingVersionId, context.Time);
            return null;
        }

        var immediately = request.RotateImmediately ?? true;
        Enable(session, request, context, secret, configured, immediately);
        if (immediately) RotationStart.Reserve(session, secret, token, windowEnd: null, context.Time);
        else Test(session, secret, context);
        AuditLog.Record(session, context);
        return answer;
    }

    private void Enable(
        Session session, RotateSecretRequest request, RequestContext context, Secret secret, Secret configured, bool inProgress)
    {
        // Naming the function enables rotation anew: for the superuser and the database that the value names now, unless they are the same.
        var enablesAnew = request.RotationLambdaARN is { } functionArn
            ? !binding.IsBoundAlready(session, secret, functionArn)
            : RotationConfigurations.Find(session, secret.Arn) is null;
        if (enablesAnew) binding.Bind(session, context, secret);
        SecretStore.Update(session, inProgress ? RotationSchedule.WithRotationInProgress(configured) : configured);
    }

    private Secret Configure(Secret secret, RotateSecretRequest request, RequestContext context)
    {
        if (request.ExternalSecretRotationRoleArn is { } role) throw SecretsManagerErrors.CannotAssumeRole(role);
        if (request.ExternalSecretRotationMetadata is { Count: > 0 }) throw SecretsManagerErrors.NotHeldByPartner();
        var functionArn = request.RotationLambdaARN ?? secret.RotationLambdaArn ?? throw SecretsManagerErrors.NoRotationFunction();
        functions.Demand(functionArn, context);
        var configured = secret with
        {
            RotationEnabled = true,
            RotationLambdaArn = functionArn,
            RotationRules = request.RotationRules is { } rules ? Shown(rules) : secret.RotationRules,
            LastChangedDate = context.Time,
        };
        return RotationSchedule.WithNextWindow(configured, options.Value, context.Time, secret.LastRotatedDate);
    }

    /// <summary>The rules as DescribeSecret shows them: what was given, and AutomaticallyAfterDays computed beside an expression.</summary>
    private static RotationRules Shown(RotationRules given)
    {
        var parsed = RotationScheduleRules.Parse(given.AutomaticallyAfterDays, given.ScheduleExpression, given.Duration);
        return given with { AutomaticallyAfterDays = parsed?.AutomaticallyAfterDaysShown };
    }

    /// <summary>
    /// The pending version that blocks another rotation: one in progress, or one with a value that no rotation is making any more, which
    /// may be what logs in. A rotation whose AWSPENDING was taken away by hand before it reached the target is over.
    /// </summary>
    private static string? Unfinished(Session session, Secret secret, DateTimeOffset now)
    {
        var pending = secret.FindLabelled(StagingLabels.Pending);
        if (pending?.Stages.Contains(StagingLabels.Current) == true) pending = null;
        if (RotationRows.Find(session, secret.Arn) is { } rotation)
        {
            if (rotation.PendingMayBeLive || rotation.VersionId == pending?.VersionId) return rotation.VersionId;
            RotationQueue.Stop(session, secret.Arn, now);
        }
        return pending is { HasValue: true } ? pending.VersionId : null;
    }

    private void Test(Session session, Secret secret, RequestContext context)
    {
        if (secret.FindLabelled(StagingLabels.Current) is not { HasValue: true } current)
        {
            RotationStart.TestWithoutValue(session, secret, context.Time);
            return;
        }
        var sealedPayload = SecretStore.ReadPayload(session, secret.Arn, current.VersionId)!;
        using var payload = cipher.Open(secret.Arn, current.VersionId, sealedPayload);
        RotationStart.ReserveTest(
            session, secret, RequestIds.New(),
            versionId => cipher.Seal(secret.KmsKeyArn, secret.Arn, versionId, payload.Reveal()), context.Time);
    }
}
