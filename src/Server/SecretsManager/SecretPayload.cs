using Rekey.Aws;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// A secret value: text (UTF-8) or bytes, 1 to 65,536 bytes long. Its stored form, which is what gets sealed, is one byte for the kind and
/// then the content, so that neither can be changed without breaking the seal. Prints a mask; zeroed on dispose.
/// </summary>
internal sealed class SecretPayload : IDisposable
{
    private const byte TextKind = 1;
    private const byte BinaryKind = 2;

    private readonly Sensitive _stored;

    private SecretPayload(Sensitive stored) => _stored = stored;

    /// <summary>Takes over an opened payload; throws InvalidOperationException when it is none.</summary>
    public static SecretPayload FromStored(Sensitive stored) =>
        stored.Length > 1 && stored.Reveal()[0] is TextKind or BinaryKind
            ? new SecretPayload(stored)
            : throw new InvalidOperationException("The stored payload has no known kind.");

    /// <summary>
    /// A copy of the one value of a request, or null when it has none. Throws InvalidParameterException for two of them,
    /// ValidationException for one that is too long: the service model counts characters, the quota counts bytes.
    /// </summary>
    public static SecretPayload? OneOf(Sensitive? secretString, Sensitive? secretBinary)
    {
        if (secretString is not null && secretBinary is not null) throw SecretsManagerErrors.TwoValues();
        if (secretString is { Length: > Limits.SecretValueBytesMax }) throw SecretsManagerErrors.ValueTooLong("secretString");
        if (secretBinary is { Length: > Limits.SecretValueBytesMax }) throw SecretsManagerErrors.ValueTooLong("secretBinary");
        if (secretString is not null) return Of(TextKind, secretString.Reveal());
        return secretBinary is null ? null : Of(BinaryKind, secretBinary.Reveal());
    }

    public bool IsText => _stored.Reveal()[0] == TextKind;

    /// <summary>Length of the content in bytes.</summary>
    public int Length => _stored.Length - 1;

    /// <summary>The content: UTF-8 when it is text. Valid until dispose.</summary>
    public ReadOnlySpan<byte> Reveal() => _stored.Reveal()[1..];

    /// <summary>Kind and content: what is sealed. Valid until dispose.</summary>
    public ReadOnlySpan<byte> RevealStored() => _stored.Reveal();

    /// <summary>True for the same kind and content; takes the same time wherever they differ.</summary>
    public bool FixedTimeEquals(SecretPayload other) => _stored.FixedTimeEquals(other._stored);

    public override string ToString() => Sensitive.Mask;

    public void Dispose() => _stored.Dispose();

    private static SecretPayload Of(byte kind, ReadOnlySpan<byte> content)
    {
        var stored = new byte[1 + content.Length];
        stored[0] = kind;
        content.CopyTo(stored.AsSpan(1));
        return new SecretPayload(new Sensitive(stored));
    }
}
