using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>createSecret of a ready-to-run rotator: the value of the new version, durable before anything is done with it.</summary>
internal sealed class PendingValue(
    IDatabase database, EnvelopeCipher cipher, RotationValueReader values, RotationRivals rivals, TlsRule tls,
    PendingCredential credential)
{
    /// <summary>Keeps the pending value if there is one; else stores the current value with the next user and a new password.</summary>
    public async Task<StepReport> CreateAsync(
        RotationFunction function, RotationInProgress rotation, Secret secret, CancellationToken cancellationToken)
    {
        string username;
        PasswordPolicy policy;
        bool isFirst;
        using (var read = values.ReadSubject(function, secret, TlsMode.Verified))
        {
            // Reading it proves that the secret is this engine's, and its user one of the pair, before a version is made.
            username = function.Rotator.PendingUsername(read.Subject);
            policy = function.PasswordsOf(read.Subject.Settings);
            isFirst = read.Subject.Pin is null;
            if (secret.FindVersion(rotation.VersionId) is { HasValue: true } made)
            {
                DemandUsable(function, secret, made, read.Subject.Current, username);
                if (function.Slots is null) return StepReport.Nothing;
                // The rotation of a stored value goes on without a preflight.
                isFirst = false;
            }
            else if (function.Slots is null)
            {
                DemandNoRival(secret, read.Subject, username);
            }
        }

        if (isFirst) await PreflightAsync(function, secret, cancellationToken);
        if (function.Slots is { } slots)
        {
            await credential.CreateAsync(slots, function, rotation, secret, cancellationToken);
            return StepReport.Nothing;
        }
        if (isFirst || rotation.Strictness > 0)
            policy = policy.Under(await RulesAsync(function, secret, cancellationToken)).Stricter(rotation.Strictness);

        using var current = values.Read(secret, StagingLabels.Current);
        using var currentText = Sensitive.CopyOf(current.Reveal());
        using var password = policy.Generate();
        using var pendingText = SecretJson.Replace(
            currentText, username, password, addsPassword: function.Template.Engine.NamesUsersByArn);
        using var pending = SecretPayload.OneOf(pendingText, null)!;
        FaultPoint.Reach("createSecret.generated");
        var ciphertext = cipher.Seal(secret.KmsKeyArn, secret.Arn, rotation.VersionId, pending.RevealStored());
        await database.WriteAsync(
            session =>
            {
                RotationQueue.DemandLease(session, rotation.Lease);
                // A value that someone else stored for the version meanwhile is kept.
                if (SecretStore.ReadPayload(session, secret.Arn, rotation.VersionId) is not null) return true;
                var keyArn = SecretStore.FindByArn(session, secret.Arn)!.KmsKeyArn;
                // Who gave the secret another key meanwhile may be about to disable the one before.
                var blob = keyArn == secret.KmsKeyArn
                    ? ciphertext
                    : cipher.Seal(keyArn, secret.Arn, rotation.VersionId, pending.RevealStored());
                SecretStore.SetPayload(session, secret.Arn, rotation.VersionId, keyArn, blob);
                return true;
            },
            CancellationToken.None);
        FaultPoint.Reach("createSecret.stored");
        return StepReport.Nothing;
    }

    /// <summary>
    /// A value that someone else stored may be no credentials at all, or another account's: no rotation can end with it, and none of ours
    /// began with it, since values do not change. <see cref="UnusablePendingException"/> says what to do.
    /// </summary>
    private void DemandUsable(
        RotationFunction function, Secret secret, SecretVersion made, DatabaseCredentials current, string username)
    {
        if (made.Stages.Contains(StagingLabels.Current)) return;
        string why;
        try
        {
            using var payload = values.Read(secret, made);
            var pending = RotationValueReader.Credentials(function, payload);
            pending.Password.Dispose();
            if (pending.Username == username && (function.Slots is null || pending.CredentialId is not null)
                && pending.Port == current.Port && pending.Host.Equals(current.Host, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
            why = function.Slots is not null && pending.CredentialId is null
                ? "It names no credentialid."
                : $"It is for user {pending.Username} at {pending.Host}:{pending.Port}, "
                + $"not for {username} at {current.Host}:{current.Port}.";
        }
        catch (RotatorException exception)
        {
            why = exception.Message;
        }
        throw new UnusablePendingException(
            $"Version {made.VersionId}, labelled AWSPENDING, holds no credentials that this rotation could make current. {why} Take the "
                + "label off it (UpdateSecretVersionStage with VersionStage AWSPENDING and RemoveFromVersionId), then rotate again.");
    }

    /// <summary>
    /// Refuses an account that another secret rotates too: each would take the other's password away, and with it its applications' logins.
    /// </summary>
    private void DemandNoRival(Secret secret, RotationSubject subject, string pendingUsername)
    {
        var current = subject.Current;
        var rival = database.Read(session => rivals.Find(
            session, secret.Arn, current.Host, current.Port, subject.Pin?.ServerIdentity, [current.Username, pendingUsername]));
        if (rival is null) return;
        throw new RotatorException(
            FailureCause.Precondition,
            $"The secret {rival} rotates the same database user: keep one of the two, or switch its rotation off with CancelRotateSecret.");
    }

    /// <summary>
    /// Before the first rotation after it was enabled, every hop is walked: what cannot work is said before anything is made.
    /// </summary>
    private Task<bool> PreflightAsync(RotationFunction function, Secret secret, CancellationToken cancellationToken) =>
        tls.RunAsync(secret, mode => values.ReadSubject(function, secret, mode), async subject =>
        {
            await foreach (var hop in function.Rotator.DiagnoseAsync(subject, cancellationToken))
            {
                if (hop.Ok) continue;
                throw new RotatorException(hop.Cause ?? FailureCause.Precondition, $"Preflight, {hop.Hop}: {hop.Detail}").Untouched();
            }
            return true;
        });

    /// <summary>
    /// What the server demands of a password. Where it does not tell, its refusals do. An account whose AWSCURRENT is refused must not fail
    /// here: setSecret knows of other versions that may log in.
    /// </summary>
    private async Task<PasswordRules> RulesAsync(RotationFunction function, Secret secret, CancellationToken cancellationToken)
    {
        var bySuperuser = false;
        try
        {
            return await tls.RunAsync(
                secret, mode => values.ReadSubject(function, secret, mode),
                subject =>
                {
                    bySuperuser = subject.Superuser is not null;
                    return function.Rotator.ReadPasswordRulesAsync(subject, cancellationToken);
                });
        }
        catch (RotatorException exception) when (
            exception.Cause is FailureCause.Privilege or FailureCause.Other || (exception.Cause == FailureCause.Auth && !bySuperuser))
        {
            return PasswordRules.None;
        }
    }
}
