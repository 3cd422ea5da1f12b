using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation;

/// <summary>
/// Opens the stored versions that a step works with. What is missing or unreadable is <see cref="FailureCause.Precondition"/>.
/// </summary>
internal sealed class RotationValueReader(IDatabase database, EnvelopeCipher cipher)
{
    /// <summary>AWSCURRENT, the version being made, and AWSPREVIOUS where it has credentials that this engine understands.</summary>
    public RotationValues Read(RotationFunction function, RotationInProgress rotation, Secret secret, TlsMode whenSslIsAbsent)
    {
        using var current = Read(secret, StagingLabels.Current);
        using var pending = Read(secret, secret.FindVersion(rotation.VersionId), StagingLabels.Pending);
        return new RotationValues(new RotationRequest
        {
            Current = Credentials(function, current, whenSslIsAbsent),
            Pending = Credentials(function, pending, whenSslIsAbsent),
            Previous = FindPrevious(function, secret, whenSslIsAbsent),
            PendingMayBeLive = rotation.PendingMayBeLive,
        });
    }

    public SecretPayload Read(Secret secret, string label) => Read(secret, secret.FindLabelled(label), label);

    public static DatabaseCredentials Credentials(
        RotationFunction function, SecretPayload payload, TlsMode whenSslIsAbsent = TlsMode.Verified)
    {
        if (!payload.IsText) throw new RotatorException(FailureCause.Precondition, "The secret value is binary, not a JSON text.");
        using var text = Sensitive.CopyOf(payload.Reveal());
        return SecretJson.ReadCredentials(text, function.Template.Engine, whenSslIsAbsent);
    }

    private SecretPayload Read(Secret secret, SecretVersion? version, string label)
    {
        var ciphertext = version is { HasValue: true }
            ? database.Read(session => SecretStore.ReadPayload(session, secret.Arn, version.VersionId))
            : null;
        if (ciphertext is null) throw new RotatorException(FailureCause.Precondition, $"The secret has no value labelled {label}.");
        return SecretPayload.FromStored(cipher.Open(secret.Arn, version!.VersionId, ciphertext));
    }

    private DatabaseCredentials? FindPrevious(RotationFunction function, Secret secret, TlsMode whenSslIsAbsent)
    {
        if (secret.FindLabelled(StagingLabels.Previous) is not { HasValue: true } previous) return null;
        try
        {
            using var payload = Read(secret, previous, StagingLabels.Previous);
            return Credentials(function, payload, whenSslIsAbsent);
        }
        catch (RotatorException)
        {
            return null;
        }
    }
}

/// <summary>Zeroes the passwords when the step is over.</summary>
internal sealed class RotationValues(RotationRequest request) : IDisposable
{
    public RotationRequest Request { get; } = request;

    public void Dispose()
    {
        Request.Current.Password.Dispose();
        Request.Pending.Password.Dispose();
        Request.Previous?.Password.Dispose();
    }
}
