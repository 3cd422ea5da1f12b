using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Slots;
using Rekey.Server.Kms;
using Rekey.Server.Rotation.Native;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Slots;

/// <summary>
/// createSecret where the target makes the credential: its value is shown once, and durable as AWSPENDING before anything else is done.
/// </summary>
internal sealed class PendingCredential(
    IDatabase database, EnvelopeCipher cipher, RotationValueReader values, TlsRule tls, SlotBooks books)
{
    public async Task CreateAsync(
        SlotRotator slots, RotationFunction function, RotationInProgress rotation, Secret secret, CancellationToken cancellationToken)
    {
        var pending = secret.FindVersion(rotation.VersionId);
        await tls.RunAsync(secret, mode => values.ReadSubject(function, secret, mode), async subject =>
        {
            var book = books.Open(
                function, secret, subject.Current, pending, session => RotationQueue.Holds(session, rotation.Lease));
            await slots.CreateSecretAsync(
                subject, rotation.VersionId, book, (issued, _) => StoreAsync(rotation, secret, subject.Current.Username, issued),
                cancellationToken);
            return true;
        });
    }

    /// <remarks>Not cancellable: the value is lost otherwise.</remarks>
    private async Task StoreAsync(RotationInProgress rotation, Secret secret, string username, IssuedCredential issued)
    {
        using var current = values.Read(secret, StagingLabels.Current);
        using var currentText = Sensitive.CopyOf(current.Reveal());
        using var pendingText = SecretJson.Replace(currentText, username, issued.Value, credentialId: issued.Id);
        using var pending = SecretPayload.OneOf(pendingText, null)!;
        var ciphertext = cipher.Seal(secret.KmsKeyArn, secret.Arn, rotation.VersionId, pending.RevealStored());
        await database.WriteAsync(
            session =>
            {
                if (!RotationQueue.Holds(session, rotation.Lease))
                    throw new RotatorException(FailureCause.Conflict, "The rotation is no longer run by this caller.");
                // What somebody else stored for the version is kept, and is what the next attempt goes on with.
                if (SecretStore.ReadPayload(session, secret.Arn, rotation.VersionId) is not null)
                    throw new RotatorException(FailureCause.Conflict, "A value was stored for the version meanwhile.");
                SecretStore.SetPayload(session, secret.Arn, rotation.VersionId, secret.KmsKeyArn, ciphertext);
                return true;
            },
            CancellationToken.None);
        FaultPoint.Reach("createSecret.stored");
    }
}
