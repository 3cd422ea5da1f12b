using System.Collections.Concurrent;
using System.Text;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Rotation;

/// <summary>
/// A target without a database: stores and moves labels as a real one does, and fails where the test says so. Keeps what it was asked for.
/// </summary>
internal sealed class ScriptedTarget(IDatabase database, EnvelopeCipher cipher) : IRotationTarget
{
    private readonly ConcurrentQueue<RotatorException> _setFailures = new();
    private readonly ConcurrentQueue<RotatorException> _testFailures = new();

    /// <summary>The steps as they were performed, each with whether the pending value may have been live before it.</summary>
    public ConcurrentQueue<(string Step, bool PendingMayBeLive)> Steps { get; } = new();

    /// <summary>How strict each new value was to be made.</summary>
    public ConcurrentQueue<int> Strictnesses { get; } = new();

    /// <summary>The ARN of the secret in each of the steps.</summary>
    public ConcurrentQueue<string> SecretArns { get; } = new();

    /// <summary>The RotationToken that each of the steps was given.</summary>
    public ConcurrentQueue<string> RotationTokens { get; } = new();

    /// <summary>Set: createSecret waits for it, so that a test can act while it runs.</summary>
    public TaskCompletionSource? HoldCreateSecret { get; set; }

    /// <summary>The same for setSecret.</summary>
    public TaskCompletionSource? HoldSetSecret { get; set; }

    /// <summary>The same for testSecret.</summary>
    public TaskCompletionSource? HoldTestSecret { get; set; }

    public void FailSetSecret(FailureCause cause) => _setFailures.Enqueue(new RotatorException(cause, $"scripted {cause}"));

    public void FailSetSecretWith(RotatorException failure) => _setFailures.Enqueue(failure);

    /// <summary>Fails before anything was changed, and says so.</summary>
    public void RefuseSetSecret(FailureCause cause) => _setFailures.Enqueue(new RotatorException(cause, $"scripted {cause}").Untouched());

    public void FailTestSecret(FailureCause cause) => _testFailures.Enqueue(new RotatorException(cause, $"scripted {cause}"));

    /// <summary>The accounts that rotations of each secret are about.</summary>
    public Func<Secret, IReadOnlyList<Principal>> Principals { get; set; } = _ => [];

    /// <summary>What setSecret reports.</summary>
    public StepReport SetReport { get; set; } = StepReport.Nothing;

    public IReadOnlyList<Principal> PrincipalsOf(Secret secret) => Principals(secret);

    public async Task<StepReport> RunAsync(
        RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
    {
        RotationTokens.Enqueue(rotationToken.RevealText());
        SecretArns.Enqueue(secret.Arn);
        Steps.Enqueue((step.WireName(), rotation.PendingMayBeLive));
        switch (step)
        {
            case RotationStep.CreateSecret:
                if (HoldCreateSecret is { } holdCreate) await holdCreate.Task.WaitAsync(cancellationToken);
                await CreateAsync(rotation, secret);
                break;
            case RotationStep.SetSecret:
                if (HoldSetSecret is { } hold) await hold.Task.WaitAsync(cancellationToken);
                if (_setFailures.TryDequeue(out var setFailure)) throw setFailure;
                break;
            case RotationStep.TestSecret:
                if (HoldTestSecret is { } holdTest) await holdTest.Task.WaitAsync(cancellationToken);
                if (_testFailures.TryDequeue(out var testFailure)) throw testFailure;
                break;
            default:
                await FinishAsync(rotation);
                break;
        }
        return step == RotationStep.SetSecret ? SetReport : StepReport.Nothing;
    }

    private async Task CreateAsync(RotationInProgress rotation, Secret secret)
    {
        if (secret.FindLabelled(StagingLabels.Current) is not { HasValue: true })
            throw new RotatorException(FailureCause.Precondition, "no current value");
        if (secret.FindVersion(rotation.VersionId) is { HasValue: true }) return;
        Strictnesses.Enqueue(rotation.Strictness);
        using var text = new Sensitive(Encoding.UTF8.GetBytes($"rotated {rotation.VersionId}"));
        using var payload = SecretPayload.OneOf(text, null)!;
        var ciphertext = cipher.Seal(secret.KmsKeyArn, secret.Arn, rotation.VersionId, payload.RevealStored());
        await database.WriteAsync(
            session =>
            {
                RotationQueue.DemandLease(session, rotation.Lease);
                // A value that the test stored meanwhile, as a function does, is kept.
                if (SecretStore.ReadPayload(session, secret.Arn, rotation.VersionId) is null)
                    SecretStore.SetPayload(session, secret.Arn, rotation.VersionId, secret.KmsKeyArn, ciphertext);
                return true;
            },
            CancellationToken.None);
    }

    private async Task FinishAsync(RotationInProgress rotation) =>
        await database.WriteAsync(
            session =>
            {
                RotationQueue.DemandLease(session, rotation.Lease);
                var labels = StagingLabels.Of(SecretStore.FindByArn(session, rotation.SecretArn)!);
                SecretStore.WriteLabels(session, rotation.SecretArn, labels, labels.Attach(StagingLabels.Current, rotation.VersionId));
                return true;
            },
            CancellationToken.None);
}
