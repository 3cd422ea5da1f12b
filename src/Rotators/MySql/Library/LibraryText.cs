using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.MySql.Library;

/// <summary>UTF-8 text with a NUL at its end, as the library wants it: pinned, and zeroed on dispose.</summary>
internal sealed class LibraryText : IDisposable
{
    private readonly byte[] _bytes;

    public LibraryText(ReadOnlySpan<char> text)
    {
        _bytes = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
        Encoding.UTF8.GetBytes(text, _bytes);
    }

    public LibraryText(Sensitive text)
    {
        _bytes = GC.AllocateArray<byte>(text.Reveal().Length + 1, pinned: true);
        text.Reveal().CopyTo(_bytes);
    }

    /// <summary>In bytes, without the NUL at the end.</summary>
    public int Length => _bytes.Length - 1;

    /// <summary>Where the text begins.</summary>
    public unsafe byte* Start => (byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);

    /// <summary>Refuses a text that the library would take for a shorter one.</summary>
    public LibraryText DemandWhole(string name)
    {
        if (Array.IndexOf(_bytes, (byte)0) == Length) return this;
        Dispose();
        throw new RotatorException(FailureCause.Precondition, $"The {name} holds a NUL character, which the database driver cannot send");
    }

    public override string ToString() => Sensitive.Mask;

    public void Dispose() => Array.Clear(_bytes);
}
