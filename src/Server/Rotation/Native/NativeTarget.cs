using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Slots;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>
/// Performs the steps with a ready-to-run rotator. Values are read and written under the rotation's lease; the new value is durable as
/// AWSPENDING before any statement reaches the database.
/// </summary>
internal sealed class NativeTarget(
    IDatabase database, PendingValue pendingValue, RotationValueReader values, RotationFunctions functions, TlsRule tls, SlotBooks books,
    TimeProvider time)
    : IRotationTarget
{
    /// <remarks>Both users of a pair: the one that applications are on is not to be changed meanwhile either.</remarks>
    public IReadOnlyList<Principal> PrincipalsOf(Secret secret)
    {
        try
        {
            var function = FunctionOf(secret);
            using var read = values.ReadSubject(function, secret, TlsMode.Verified);
            var subject = read.Subject;
            string[] users = [subject.Current.Username, function.Rotator.PendingUsername(subject)];
            return
            [
                .. users.Distinct().SelectMany(user => Principal.Of(subject.Current, user, subject.Pin, isExclusive: true)),
                .. subject.Superuser is { } superuser
                    ? Principal.Of(superuser, superuser.Username, subject.Pin, isExclusive: false)
                    : [],
            ];
        }
        catch (Exception exception) when (exception is RotatorException or ServiceException)
        {
            // The first step meets the same fault and reports it.
            return [];
        }
    }

    /// <remarks>Needs no RotationToken: it writes under the rotation's lease.</remarks>
    public Task<StepReport> RunAsync(
        RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
    {
        var function = FunctionOf(secret);
        DemandPending(rotation, secret);
        return step switch
        {
            RotationStep.CreateSecret => pendingValue.CreateAsync(function, rotation, secret, cancellationToken),
            RotationStep.SetSecret => SetSecretAsync(function, rotation, secret, cancellationToken),
            RotationStep.TestSecret => TestSecretAsync(function, rotation, secret, cancellationToken),
            RotationStep.FinishSecret => FinishSecretAsync(function, rotation, secret),
            _ => throw new ArgumentOutOfRangeException(nameof(step)),
        };
    }

    private RotationFunction FunctionOf(Secret secret) =>
        functions.Find(secret.RotationLambdaArn ?? "")
            ?? throw new RotatorException(FailureCause.Precondition, "The secret names no rotation function that can be run here.");

    /// <summary>
    /// The version must carry AWSPENDING, or AWSCURRENT when its promotion's reply was lost. One that may log in already is finished in any
    /// case: giving it up would leave AWSCURRENT refused by the database.
    /// </summary>
    private static void DemandPending(RotationInProgress rotation, Secret secret)
    {
        var version = secret.FindVersion(rotation.VersionId)
            ?? throw new RotatorException(FailureCause.Precondition, $"Secret version {rotation.VersionId} no longer exists.");
        if (rotation.PendingMayBeLive
            || version.Stages.Contains(StagingLabels.Pending)
            || version.Stages.Contains(StagingLabels.Current))
        {
            return;
        }
        throw new RotatorException(
            FailureCause.Precondition, $"Secret version {rotation.VersionId} not set as AWSPENDING for rotation of secret {secret.Arn}.")
            .Untouched();
    }

    private async Task<StepReport> SetSecretAsync(
        RotationFunction function, RotationInProgress rotation, Secret secret, CancellationToken cancellationToken)
    {
        // Promoted already: the reply to finishSecret was lost.
        if (secret.FindLabelled(StagingLabels.Current)?.VersionId == rotation.VersionId)
            return new StepReport(rotation.RefusedSince, rotation.MustRetire);
        var result = await tls.RunAsync(
            secret, mode => values.Read(function, rotation, secret, mode),
            request => function.Rotator.SetSecretAsync(request, cancellationToken));
        await PinAsync(rotation, result.Pin);
        return new StepReport(result.RefusedSince, result.MustRetire) { CurrentIsSafe = function.Slots is not null };
    }

    private async Task<StepReport> TestSecretAsync(
        RotationFunction function, RotationInProgress rotation, Secret secret, CancellationToken cancellationToken)
    {
        await tls.RunAsync(
            secret, mode => values.Read(function, rotation, secret, mode),
            async request =>
            {
                await function.Rotator.TestSecretAsync(request, cancellationToken);
                return true;
            });
        return StepReport.Nothing;
    }

    /// <summary>Later rotations are held to the server that this one changed; a replica that took over takes its place.</summary>
    private Task<bool> PinAsync(RotationInProgress rotation, PinnedTarget pin) =>
        database.WriteAsync(
            session =>
            {
                RotationQueue.DemandLease(session, rotation.Lease);
                var configuration = RotationConfigurations.Of(session, rotation.SecretArn);
                if (configuration.Pin != pin) RotationConfigurations.Write(session, configuration with { Pin = pin });
                return true;
            },
            CancellationToken.None);

    private async Task<StepReport> FinishSecretAsync(RotationFunction function, RotationInProgress rotation, Secret read)
    {
        var credentialId = function.Slots is null ? null : books.IdOf(function, read, read.FindVersion(rotation.VersionId));
        var now = time.GetUtcNow();
        await database.WriteAsync(
            session =>
            {
                RotationQueue.DemandLease(session, rotation.Lease);
                var secret = SecretStore.FindByArn(session, rotation.SecretArn)!;
                var labels = secret.Labels;
                SecretStore.WriteLabels(session, secret.Arn, labels, labels.Attach(StagingLabels.Current, rotation.VersionId));
                if (credentialId is null) return true;
                var settings = SlotSettings.Of(RotationConfigurations.Of(session, secret.Arn).Settings);
                SlotRows.Write(session, secret.Arn, SlotRows.Of(session, secret.Arn).Promote(credentialId, settings, now));
                return true;
            },
            CancellationToken.None);
        FaultPoint.Reach("finishSecret.moved");
        return StepReport.Nothing;
    }
}
