using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.Redis;

/// <summary>
/// A command as an array of byte strings, each with its length before it: no name or pattern can end the word it is in. Zeroed on dispose,
/// since it may hold a password.
/// </summary>
internal sealed class RespCommand : IDisposable
{
    private readonly ArrayBufferWriter<byte> _words = new(256);
    private int _count;

    public RespCommand(params ReadOnlySpan<string> words)
    {
        foreach (var word in words) Add(word);
    }

    public RespCommand Add(string word) => Add(Encoding.UTF8.GetBytes(word));

    public RespCommand Add(Sensitive secret) => Add(secret.Reveal());

    /// <summary>A word of which each character stands for a byte; see <see cref="RespReply.Octets"/>.</summary>
    public RespCommand AddOctets(string word) => Add(Encoding.Latin1.GetBytes(word));

    public byte[] ToBytes()
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*{_count}\r\n"));
        return [.. head, .. _words.WrittenSpan];
    }

    public void Dispose() => _words.Clear();

    private RespCommand Add(ReadOnlySpan<byte> word)
    {
        _words.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${word.Length}\r\n")));
        _words.Write(word);
        _words.Write("\r\n"u8);
        _count++;
        return this;
    }

    /// <summary>Sends the command; the copy that was sent is zeroed.</summary>
    public async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        var bytes = ToBytes();
        try
        {
            await stream.WriteAsync(bytes, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
