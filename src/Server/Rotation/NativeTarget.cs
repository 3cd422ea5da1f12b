using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// Performs the steps with a ready-to-run rotator. Values are read and written under the rotation's lease; the new value is durable as
/// AWSPENDING before any statement reaches the database.
/// </summary>
internal sealed class NativeTarget(
    IDatabase database, EnvelopeCipher cipher, RotationValueReader values, RotationFunctions functions,
    IOptions<RotationOptions> options, TimeProvider time,
    ILogger<NativeTarget> logger)
    : IRotationTarget
{
    /// <remarks>Needs no RotationToken: it writes under the rotation's lease.</remarks>
    public Task RunAsync(
        RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
    {
        var function = functions.Find(secret.RotationLambdaArn ?? "")
            ?? throw new RotatorException(FailureCause.Precondition, "The secret names no rotation function that can be run here.");
        DemandPending(rotation, secret);
        return step switch
        {
            RotationStep.CreateSecret => CreateSecretAsync(function, rotation, secret),
            RotationStep.SetSecret => SetSecretAsync(function, rotation, secret, cancellationToken),
            RotationStep.TestSecret => TestSecretAsync(function, rotation, secret, cancellationToken),
            RotationStep.FinishSecret => FinishSecretAsync(rotation),
            _ => throw new ArgumentOutOfRangeException(nameof(step)),
        };
    }

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
            FailureCause.Precondition, $"Secret version {rotation.VersionId} not set as AWSPENDING for rotation of secret {secret.Arn}.");
    }

    /// <summary>
    /// Walks to the secret's database with AWSCURRENT, changing nothing. Without a configured function the secret's engine decides.
    /// </summary>
    public async IAsyncEnumerable<HopResult> DiagnoseAsync(Secret secret, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HopResult value;
        DatabaseCredentials? credentials = null;
        RotationFunction? function = null;
        try
        {
            using var current = values.Read(secret, StagingLabels.Current);
            function = functions.Find(secret.RotationLambdaArn ?? "") ?? FunctionForEngine(current);
            credentials = RotationValueReader.Credentials(function, current);
            value = new HopResult(
                "value", true, $"AWSCURRENT holds {function.Template.Engine.Name} credentials for {credentials.Host}:{credentials.Port}.");
        }
        catch (RotatorException exception)
        {
            value = new HopResult(
                "value", false, exception.Message, "Store a JSON object with engine, host, username and password.", exception.Cause);
        }

        yield return value;
        if (credentials is null) yield break;
        using (credentials.Password)
        {
            var subject = new RotationSubject { Current = credentials };
            await foreach (var hop in function!.Rotator.DiagnoseAsync(subject, cancellationToken)) yield return hop;
        }
    }

    private RotationFunction FunctionForEngine(SecretPayload payload) =>
        functions.All.FirstOrDefault(function =>
        {
            try
            {
                RotationValueReader.Credentials(function, payload).Password.Dispose();
                return true;
            }
            catch (RotatorException)
            {
                return false;
            }
        }) ?? throw new RotatorException(FailureCause.Precondition, "No ready-to-run rotation function is for this kind of secret.");

    /// <summary>Keeps the pending value if there is one; else stores the current value with a new password.</summary>
    private async Task CreateSecretAsync(RotationFunction function, RotationInProgress rotation, Secret secret)
    {
        using var current = values.Read(secret, StagingLabels.Current);
        using (RotationValueReader.Credentials(function, current).Password)
        {
            // Reading them proves that the secret is this engine's before a version is made.
        }
        if (secret.FindVersion(rotation.VersionId) is { HasValue: true }) return;

        using var currentText = Sensitive.CopyOf(current.Reveal());
        using var password = function.Passwords.Generate();
        using var pendingText = SecretJson.ReplacePassword(currentText, password);
        using var pending = SecretPayload.OneOf(pendingText, null)!;
        FaultPoint.Reach("createSecret.generated");
        var ciphertext = cipher.Seal(secret.KmsKeyArn, secret.Arn, rotation.VersionId, pending.RevealStored());
        await database.WriteAsync(
            session =>
            {
                RotationQueue.DemandLease(session, rotation.Lease);
                // A value that someone else stored for the version meanwhile is kept.
                if (SecretStore.ReadPayload(session, secret.Arn, rotation.VersionId) is null)
                    SecretStore.SetPayload(session, secret.Arn, rotation.VersionId, secret.KmsKeyArn, ciphertext);
                return true;
            },
            CancellationToken.None);
        FaultPoint.Reach("createSecret.stored");
    }

    private async Task SetSecretAsync(
        RotationFunction function, RotationInProgress rotation, Secret secret, CancellationToken cancellationToken)
    {
        // Promoted already: the reply to finishSecret was lost.
        if (secret.FindLabelled(StagingLabels.Current)?.VersionId == rotation.VersionId) return;
        await WithTlsRuleAsync(function, rotation, secret, request => function.Rotator.SetSecretAsync(request, cancellationToken));
    }

    private Task TestSecretAsync(
        RotationFunction function, RotationInProgress rotation, Secret secret, CancellationToken cancellationToken) =>
        WithTlsRuleAsync(function, rotation, secret, request => function.Rotator.TestSecretAsync(request, cancellationToken));

    private async Task FinishSecretAsync(RotationInProgress rotation)
    {
        await database.WriteAsync(
            session =>
            {
                RotationQueue.DemandLease(session, rotation.Lease);
                var secret = SecretStore.FindByArn(session, rotation.SecretArn)!;
                var labels = secret.Labels;
                SecretStore.WriteLabels(session, secret.Arn, labels, labels.Attach(StagingLabels.Current, rotation.VersionId));
                return true;
            },
            CancellationToken.None);
        FaultPoint.Reach("finishSecret.moved");
    }

    /// <summary>
    /// TLS first and always, unless the secret says <c>ssl: false</c>. A secret without <c>ssl</c> may fall back only where the operator
    /// allows it and only to a server that was never seen to speak TLS.
    /// </summary>
    private async Task WithTlsRuleAsync(
        RotationFunction function, RotationInProgress rotation, Secret secret, Func<RotationRequest, Task> step)
    {
        using var read = values.Read(function, rotation, secret, TlsMode.Verified);
        var target = TargetTls.NameOf(read.Request.Pending);
        try
        {
            await step(read.Request);
            if (read.Request.Pending.Tls == TlsMode.Verified) await TargetTls.RememberAsync(database, target, time.GetUtcNow());
        }
        catch (RotatorException exception) when (exception.Cause == FailureCause.Tls && MayFallBack(function, rotation, secret, target))
        {
            Log.TlsDowngraded(logger, secret.Arn, target);
            using var plain = values.Read(function, rotation, secret, TlsMode.Plaintext);
            await step(plain.Request);
        }
    }

    private bool MayFallBack(RotationFunction function, RotationInProgress rotation, Secret secret, string target)
    {
        if (!options.Value.AllowPlaintextWhenSslIsAbsent) return false;
        using var asPlain = values.Read(function, rotation, secret, TlsMode.Plaintext);
        return asPlain.Request.Pending.Tls == TlsMode.Plaintext && !TargetTls.WasSeen(database, target);
    }
}
