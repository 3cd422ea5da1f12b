using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.Odbc;

/// <summary>UTF-16 text that holds a password: pinned, so that no copies stay behind, and zeroed on dispose.</summary>
internal sealed class SensitiveText : IDisposable
{
    private char[] _characters = GC.AllocateArray<char>(256, pinned: true);
    private int _length;

    public ReadOnlySpan<char> Span => _characters.AsSpan(0, _length);

    public SensitiveText Append(ReadOnlySpan<char> text)
    {
        Reserve(text.Length);
        text.CopyTo(_characters.AsSpan(_length));
        _length += text.Length;
        return this;
    }

    public SensitiveText Append(char character) => Append([character]);

    public SensitiveText Append(Sensitive text)
    {
        var utf8 = text.Reveal();
        Reserve(utf8.Length);
        _length += Encoding.UTF8.GetChars(utf8, _characters.AsSpan(_length));
        return this;
    }

    public override string ToString() => Sensitive.Mask;

    public void Dispose()
    {
        Array.Clear(_characters);
        _length = 0;
    }

    private void Reserve(int more)
    {
        // One more for the NUL that native code looks for.
        if (_length + more + 1 <= _characters.Length) return;
        var larger = GC.AllocateArray<char>(Math.Max(2 * _characters.Length, _length + more + 1), pinned: true);
        Span.CopyTo(larger);
        Array.Clear(_characters);
        _characters = larger;
    }
}
