using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>
/// Binds a rotation to its superuser secret. AWS's templates take masterarn from the value at every rotation, so that whoever may write the
/// value chooses whose power is used. Here RotateSecret decides once, for a caller who may read both secrets.
/// </summary>
internal sealed class RotationBinding(EnvelopeCipher cipher, RotationFunctions functions)
{
    /// <summary>
    /// Binds what AWSCURRENT names now, and forgets the pinned target: the next rotation pins anew. Throws AccessDeniedException or
    /// ResourceNotFoundException when the caller may not read the superuser secret or there is none; the text says that it is about
    /// masterarn.
    /// </summary>
    public void Bind(Session session, RequestContext context, Secret secret)
    {
        var superuserArn = FindSuperuserArn(session, secret);
        if (superuserArn is not null)
        {
            superuserArn = DemandSuperuser(session, context, superuserArn).Arn;
            if (superuserArn == secret.Arn) throw SecretsManagerErrors.SuperuserIsSecretItself();
        }
        var configuration = RotationConfigurations.Of(session, secret.Arn);
        RotationConfigurations.Write(session, configuration with { SuperuserArn = superuserArn, Pin = null });
    }

    private static Secret DemandSuperuser(Session session, RequestContext context, string named)
    {
        try
        {
            return SecretAccess.DemandReadable(
                session, context.ForPart("secretsmanager:GetSecretValue"), SecretIdentifier.Parse(named));
        }
        catch (ServiceException refusal) when (!refusal.Shape.IsServerFault)
        {
            throw SecretsManagerErrors.OfSuperuser(refusal);
        }
    }

    /// <summary>
    /// Whether enabling rotation with this function would mean just what it is bound to: the function that it is on with, the superuser,
    /// the account and its address. Terraform and others name the function in every call; that must not cost a secret its pin, nor make
    /// its next rotation a first one.
    /// </summary>
    public bool IsBoundAlready(Session session, Secret secret, string functionArn)
    {
        if (secret.RotationEnabled != true || secret.RotationLambdaArn != functionArn) return false;
        if (functions.Find(functionArn) is not { } function || RotationConfigurations.Find(session, secret.Arn) is not { } configuration)
            return false;
        using var text = ReadCurrent(session, secret);
        if (text is null) return false;
        try
        {
            var current = SecretJson.ReadCredentials(text, function.Template.Engine);
            using (current.Password)
                return IsBound(session, configuration, current.MasterArn) && IsPinned(function, configuration, current);
        }
        catch (RotatorException)
        {
            return false;
        }
    }

    private static bool IsBound(Session session, RotationConfiguration configuration, string? named)
    {
        if (configuration.SuperuserArn is not { } boundArn || named is null) return configuration.SuperuserArn == named;
        return SecretStore.FindByArn(session, boundArn) is { IsScheduledForDeletion: false } superuser
            && RotationValueReader.IsNamed(boundArn, superuser, named);
    }

    /// <summary>True also before anything is pinned.</summary>
    /// <exception cref="RotatorException">The user is not the pinned one, nor of its pair.</exception>
    private static bool IsPinned(RotationFunction function, RotationConfiguration configuration, DatabaseCredentials current)
    {
        if (configuration.Pin is not { } pin) return true;
        function.Rotator.PendingUsername(
            new RotationSubject { Current = current, Pin = pin, Settings = configuration.Settings });
        return current.Port == pin.Port && current.Host.Equals(pin.Host, StringComparison.OrdinalIgnoreCase);
    }

    private string? FindSuperuserArn(Session session, Secret secret)
    {
        using var text = ReadCurrent(session, secret);
        return text is null ? null : SecretJson.FindMasterArn(text);
    }

    /// <summary>AWSCURRENT; null when there is none or it is no text.</summary>
    private Sensitive? ReadCurrent(Session session, Secret secret)
    {
        if (secret.FindLabelled(StagingLabels.Current) is not { HasValue: true } current) return null;
        var ciphertext = SecretStore.ReadPayload(session, secret.Arn, current.VersionId);
        if (ciphertext is null) return null;
        using var payload = SecretPayload.FromStored(cipher.Open(secret.Arn, current.VersionId, ciphertext));
        return payload.IsText ? Sensitive.CopyOf(payload.Reveal()) : null;
    }
}
