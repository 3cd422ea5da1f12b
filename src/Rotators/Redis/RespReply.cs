using System.Text;

namespace Rekey.Rotators.Redis;

/// <summary>One reply of the Redis serialization protocol, version 2. It may hold secrets: it prints only its kind.</summary>
internal sealed class RespReply
{
    public required RespKind Kind { get; init; }

    /// <summary>Of a text, an error or a number, without its mark; empty otherwise.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>Of an array; empty otherwise.</summary>
    public IReadOnlyList<RespReply> Items { get; init; } = [];

    public bool IsError => Kind == RespKind.Error;

    public bool IsNull => Kind == RespKind.Null;

    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>One character per byte: patterns need not be UTF-8, and must come back as they were.</summary>
    public string Octets => Encoding.Latin1.GetString(Bytes);

    public bool IsOk => Kind == RespKind.Text && Bytes.AsSpan().SequenceEqual("OK"u8);

    public override string ToString() => Kind.ToString();
}

internal enum RespKind
{
    Text,
    Error,
    Number,
    Array,
    Null,
}
