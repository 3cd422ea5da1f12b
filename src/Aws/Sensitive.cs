using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Rekey.Aws;

/// <summary>
/// Bytes that must not be printed: prints a mask, compares in constant time, is zeroed on dispose.
/// <see cref="Reveal"/> is the only way to the content, so that a search for it finds every reader.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class Sensitive : IDisposable
{
    public const string Mask = "(sensitive)";

    private byte[]? _bytes;

    /// <summary>Takes ownership of <paramref name="bytes"/>: the caller must not use the array afterwards.</summary>
    public Sensitive(byte[] bytes) => _bytes = bytes;

    public static Sensitive FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    public static Sensitive CopyOf(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    public int Length => Bytes.Length;

    /// <summary>The plaintext. It stays valid until dispose.</summary>
    public ReadOnlySpan<byte> Reveal() => Bytes;

    /// <summary>The plaintext as text. The string cannot be zeroed: use it only where an API takes nothing else.</summary>
    public string RevealText() => Encoding.UTF8.GetString(Bytes);

    /// <summary>A second owner of the same content.</summary>
    public Sensitive Copy() => CopyOf(Bytes);

    public bool FixedTimeEquals(Sensitive other) => CryptographicOperations.FixedTimeEquals(Bytes, other.Bytes);

    public override string ToString() => Mask;

    public void Dispose()
    {
        if (_bytes is null) return;
        CryptographicOperations.ZeroMemory(_bytes);
        _bytes = null;
    }

    private byte[] Bytes => _bytes ?? throw new ObjectDisposedException(nameof(Sensitive));
}
