using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Rekey.Server.Audit;

/// <summary>
/// A ring of records in a memory-mapped file: what was appended survives the end of the process, kill -9 included, at the price of a memory
/// copy. (It does not survive a power cut.) All blocks are written once when the file is made, so that a full disk cannot hurt later.
/// One appender and one drainer at a time; positions only ever grow and are taken modulo the capacity.
/// </summary>
/// <remarks>
/// File: a header page (magic, capacity, spool id, drained position), then the ring. Record, aligned to 16 bytes: u32 length, u32 CRC-32C
/// over position, length, time and content, i64 time in Unix milliseconds, content. A length of <see cref="Filler"/> sends the reader to
/// the start of the ring. A record counts once its head is written, and that is written last.
/// </remarks>
internal sealed class SpoolFile : IDisposable
{
    public const int HeadBytes = 16;

    private const int HeaderBytes = 4096;
    private const long Magic = 0x31304C4F4F505352; // "RSPOOL01"
    private const uint Filler = uint.MaxValue;
    private const int CapacityOffset = 8;
    private const int IdOffset = 16;
    private const int DrainedOffset = 32;
    private const int RewindFraction = 16;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _memory;
    private readonly long _capacity;
    private long _head;
    private long _drained;

    private SpoolFile(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor();
        _memory = _view.SafeMemoryMappedViewHandle;
        _capacity = _view.ReadInt64(CapacityOffset);
        Span<byte> id = stackalloc byte[16];
        _memory.ReadSpan(IdOffset, id);
        Id = new Guid(id);
        _head = _drained = _view.ReadInt64(DrainedOffset);
    }

    /// <summary>Distinguishes this file from every other node's and from its own predecessor.</summary>
    public Guid Id { get; }

    public long CapacityBytes => _capacity;

    /// <summary>Everything before this position is in the database.</summary>
    public long Drained => Volatile.Read(ref _drained);

    public long PendingBytes => Volatile.Read(ref _head) - Drained;

    /// <summary>Opens the spool and finds what an earlier process left in it, or makes it.</summary>
    /// <param name="path">An existing file, possibly empty.</param>
    /// <param name="capacityBytes">Size of a new ring, a multiple of 16. An existing one keeps its own.</param>
    public static SpoolFile Open(string path, long capacityBytes)
    {
        using (var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite))
        {
            if (!IsWhole(handle)) Make(handle, capacityBytes);
        }
        return new SpoolFile(MemoryMappedFile.CreateFromFile(path, FileMode.Open));
    }

    /// <summary>
    /// Sets the positions from what the database knows (<paramref name="drainedTo"/>, null when it never saw this file) and what the ring
    /// holds.
    /// </summary>
    public void Recover(long? drainedTo)
    {
        if (drainedTo > _drained) MarkDrained(drainedTo.Value);
        _head = _drained;
        while (TryReadHead(_head, out var length, out _))
            _head = length == Filler ? NextTurn(_head) : _head + RecordBytes(length);
    }

    /// <summary>Appends a record; false when there is no room. Not for more than one thread at a time.</summary>
    public bool TryAppend(long unixMilliseconds, ReadOnlySpan<byte> content)
    {
        var size = RecordBytes((uint)content.Length);
        var position = _head;
        var rest = _capacity - (position % _capacity);
        if (position + size + (rest < size ? rest : 0) - Drained > _capacity) return false;
        if (rest < size)
        {
            WriteHead(position, Filler, unixMilliseconds, default);
            position += rest;
        }
        _memory.WriteSpan(Offset(position) + HeadBytes, content);
        WriteHead(position, (uint)content.Length, unixMilliseconds, content);
        Volatile.Write(ref _head, position + size);
        return true;
    }

    /// <summary>Reads the record at <paramref name="position"/> into <paramref name="content"/>; false at the end.</summary>
    public bool TryRead(ref long position, MemoryStream content, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        var end = Volatile.Read(ref _head);
        if (position < end && ReadLength(position) == Filler) position = NextTurn(position);
        if (position >= end) return false;
        var length = (int)ReadLength(position);
        unixMilliseconds = _view.ReadInt64((long)Offset(position) + 8);
        var start = (int)content.Length;
        content.SetLength(start + length);
        _memory.ReadSpan(Offset(position) + HeadBytes, content.GetBuffer().AsSpan(start, length));
        content.Position = content.Length;
        position += RecordBytes((uint)length);
        return true;
    }

    /// <summary>Frees everything before <paramref name="position"/>: it is in the database now.</summary>
    public void MarkDrained(long position)
    {
        _view.Write(DrainedOffset, position);
        Volatile.Write(ref _drained, position);
    }

    /// <summary>
    /// Starts over at the beginning of the ring when nothing waits, so that a server with little to record keeps writing to the same few
    /// pages of memory. Not at the same time as an append.
    /// </summary>
    public void RewindIfEmpty()
    {
        if (PendingBytes > 0 || _head % _capacity < _capacity / RewindFraction) return;
        _head = NextTurn(_head);
        MarkDrained(_head);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static bool IsWhole(SafeFileHandle handle)
    {
        Span<byte> header = stackalloc byte[16];
        return RandomAccess.GetLength(handle) > HeaderBytes
            && RandomAccess.Read(handle, header, 0) == header.Length
            && BinaryPrimitives.ReadInt64LittleEndian(header) == Magic
            && BinaryPrimitives.ReadInt64LittleEndian(header[CapacityOffset..]) == RandomAccess.GetLength(handle) - HeaderBytes;
    }

    /// <summary>The magic is written last: a file without it never held a record.</summary>
    private static void Make(SafeFileHandle handle, long capacityBytes)
    {
        RandomAccess.SetLength(handle, 0);
        var zeros = new byte[64 * 1024];
        for (long offset = 0; offset < HeaderBytes + capacityBytes; offset += zeros.Length)
            RandomAccess.Write(handle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, HeaderBytes + capacityBytes - offset)), offset);
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(CapacityOffset), capacityBytes);
        Guid.Parse(Protocols.RequestIds.New()).TryWriteBytes(header.AsSpan(IdOffset));
        RandomAccess.Write(handle, header, 0);
        RandomAccess.FlushToDisk(handle);
        BinaryPrimitives.WriteInt64LittleEndian(header, Magic);
        RandomAccess.Write(handle, header, 0);
        RandomAccess.FlushToDisk(handle);
    }

    private static long RecordBytes(uint length) => (HeadBytes + (long)length + (HeadBytes - 1)) & ~(long)(HeadBytes - 1);

    private ulong Offset(long position) => (ulong)(HeaderBytes + (position % _capacity));

    private long NextTurn(long position) => position + _capacity - (position % _capacity);

    private uint ReadLength(long position) => _view.ReadUInt32((long)Offset(position));

    /// <summary>True when a record that was written for exactly this position lies there.</summary>
    private bool TryReadHead(long position, out uint length, out long unixMilliseconds)
    {
        length = 0;
        unixMilliseconds = 0;
        var rest = _capacity - (position % _capacity);
        if (position - _drained >= _capacity) return false;
        var at = (long)Offset(position);
        length = _view.ReadUInt32(at);
        unixMilliseconds = _view.ReadInt64(at + 8);
        if (length != Filler && HeadBytes + (long)length > rest) return false;
        var content = new byte[length == Filler ? 0 : length];
        _memory.ReadSpan((ulong)at + HeadBytes, content.AsSpan());
        return _view.ReadUInt32(at + 4) == Checksum(position, length, unixMilliseconds, content);
    }

    private void WriteHead(long position, uint length, long unixMilliseconds, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head, length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], Checksum(position, length, unixMilliseconds, content));
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], unixMilliseconds);
        _memory.WriteSpan<byte>(Offset(position), head);
    }

    private static uint Checksum(long position, uint length, long unixMilliseconds, ReadOnlySpan<byte> content)
    {
        var sum = BitOperations.Crc32C(uint.MaxValue, (ulong)position);
        sum = BitOperations.Crc32C(sum, length);
        sum = BitOperations.Crc32C(sum, (ulong)unixMilliseconds);
        var words = MemoryMarshal.Cast<byte, ulong>(content);
        foreach (var word in words) sum = BitOperations.Crc32C(sum, word);
        foreach (var rest in content[(words.Length * sizeof(ulong))..]) sum = BitOperations.Crc32C(sum, rest);
        return sum;
    }
}
