using Rekey.Rotators;
using Rekey.Rotators.Slots;
using Rekey.Server.Rotation.Native;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Slots;

/// <summary>Opens the journal of a secret's slots, and what its versions hold of them, for one step or task.</summary>
internal sealed class SlotBooks(IDatabase database, RotationValueReader values)
{
    /// <param name="secret">As loaded for the step: once its AWSCURRENT is another version, nothing is written any more.</param>
    /// <param name="current">The credentials of AWSCURRENT, which the book shares.</param>
    /// <param name="pending">The version being made; null for none.</param>
    /// <param name="holds">Whether the caller may still write, asked in the transaction of each write.</param>
    public SlotBook Open(
        RotationFunction function, Secret secret, DatabaseCredentials current, SecretVersion? pending, Func<Session, bool> holds)
    {
        var previous = secret.FindLabelled(StagingLabels.Previous);
        var stored = new StoredSlots(current.CredentialId, IdOf(function, secret, pending), IdOf(function, secret, previous));
        var state = database.Read(session => SlotRows.Of(session, secret.Arn));
        var journal = new SlotJournal(state, (next, _) => WriteAsync(secret, next, holds));
        return new SlotBook(
            stored, current.CredentialId is { } id ? new IssuedCredential(id, current.Password) : null, journal);
    }

    /// <summary>The credential that a version holds; null for none.</summary>
    public string? IdOf(RotationFunction function, Secret secret, SecretVersion? version)
    {
        if (values.Find(function, secret, version, TlsMode.Verified) is not { } found) return null;
        found.Password.Dispose();
        return found.CredentialId;
    }

    /// <remarks>Not cancellable: what was begun at the target is to be known.</remarks>
    private Task<bool> WriteAsync(Secret secret, SlotState state, Func<Session, bool> holds) =>
        database.WriteAsync(
            session =>
            {
                if (!holds(session))
                    throw new RotatorException(FailureCause.Conflict, "Somebody else works on the secret's credentials now.");
                var current = SecretStore.FindByArn(session, secret.Arn)?.FindLabelled(StagingLabels.Current)?.VersionId;
                if (current != secret.FindLabelled(StagingLabels.Current)?.VersionId)
                    throw new RotatorException(FailureCause.Conflict, "AWSCURRENT was moved meanwhile.");
                SlotRows.Write(session, secret.Arn, state);
                return true;
            },
            CancellationToken.None);
}
