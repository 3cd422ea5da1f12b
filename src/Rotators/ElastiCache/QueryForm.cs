using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.ElastiCache;

/// <summary>A request of AWS's Query protocol: a form, percent-encoded. It may hold passwords and is zeroed on dispose.</summary>
internal sealed class QueryForm : IDisposable
{
    private readonly ArrayBufferWriter<byte> _form = new(256);

    public QueryForm(string action, string version)
    {
        Add("Action", action);
        Add("Version", version);
    }

    public QueryForm Add(string name, string value) => Add(name, Encoding.UTF8.GetBytes(value));

    public QueryForm Add(string name, Sensitive value) => Add(name, value.Reveal());

    public HttpContent ToContent()
    {
        var content = new ReadOnlyMemoryContent(_form.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded") { CharSet = "utf-8" };
        return content;
    }

    public void Dispose() => _form.Clear();

    private QueryForm Add(string name, ReadOnlySpan<byte> value)
    {
        if (_form.WrittenCount > 0) _form.Write("&"u8);
        _form.Write(Encoding.ASCII.GetBytes(name));
        _form.Write("="u8);
        foreach (var octet in value)
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~') _form.Write([octet]);
            else _form.Write([(byte)'%', Hex(octet >> 4), Hex(octet & 0xF)]);
        }
        return this;
    }

    private static byte Hex(int digit) => "0123456789ABCDEF"u8[digit];
}
