using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.Kms;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>
/// Whether a secret's current value is one that its rotation function can use, asked while rotation is being configured, where the operator
/// has asked for that. AWS finds out when the rotation runs.
/// </summary>
internal sealed class UsableValue(EnvelopeCipher cipher, RotationFunctions functions, IOptions<RotationOptions> options)
{
    /// <summary>
    /// Throws InvalidParameterException that names the key at fault. A secret without a value may get one yet: it is let be.
    /// </summary>
    public void Demand(Session session, Secret secret)
    {
        if (!options.Value.DemandUsableValue || functions.Find(secret.RotationLambdaArn ?? "") is not { } function) return;
        if (secret.FindLabelled(StagingLabels.Current) is not { HasValue: true } current) return;
        var ciphertext = SecretStore.ReadPayload(session, secret.Arn, current.VersionId)!;
        using var payload = SecretPayload.FromStored(cipher.Open(secret.Arn, current.VersionId, ciphertext));
        try
        {
            RotationValueReader.Credentials(function, payload).Password.Dispose();
        }
        catch (RotatorException fault)
        {
            var path = fault.SecretKey is { } key ? $"$.{key}" : "$";
            throw SecretsManagerErrors.ValueNotForRotation(function.Template.Name, path, fault.Message);
        }
    }
}
