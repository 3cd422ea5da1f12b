using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Configuration;

/// <summary>
/// Binds a rotation to its superuser secret. AWS's templates take masterarn from the value at every rotation, so that whoever may write the
/// value chooses whose power is used. Here RotateSecret decides once, for a caller who may read both secrets.
/// </summary>
internal sealed class RotationBinding(EnvelopeCipher cipher)
{
    /// <summary>
    /// Binds what AWSCURRENT names now, and forgets the pinned target: the next rotation pins anew. Throws AccessDeniedException or
    /// ResourceNotFoundException when the caller may not read the superuser secret or there is none.
    /// </summary>
    public void Bind(Session session, RequestContext context, Secret secret)
    {
        var superuserArn = FindSuperuserArn(session, secret);
        if (superuserArn is not null)
        {
            var id = SecretIdentifier.Parse(superuserArn);
            var superuser = SecretAccess.DemandReadable(session, context.ForPart("secretsmanager:GetSecretValue"), id);
            superuserArn = superuser.Arn;
            if (superuserArn == secret.Arn) throw SecretsManagerErrors.SuperuserIsSecretItself();
        }
        var configuration = RotationConfigurations.Of(session, secret.Arn);
        RotationConfigurations.Write(session, configuration with { SuperuserArn = superuserArn, Pin = null });
    }

    private string? FindSuperuserArn(Session session, Secret secret)
    {
        if (secret.FindLabelled(StagingLabels.Current) is not { HasValue: true } current) return null;
        var ciphertext = SecretStore.ReadPayload(session, secret.Arn, current.VersionId);
        if (ciphertext is null) return null;
        using var payload = SecretPayload.FromStored(cipher.Open(secret.Arn, current.VersionId, ciphertext));
        if (!payload.IsText) return null;
        using var text = Sensitive.CopyOf(payload.Reveal());
        return SecretJson.FindMasterArn(text);
    }
}
