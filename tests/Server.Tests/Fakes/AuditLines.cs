using System.IO.Compression;

namespace Rekey.Server.Tests.Fakes;

/// <summary>The records of a stored block.</summary>
internal static class AuditLines
{
    public static IEnumerable<string> Unpack(byte[] block)
    {
        using var gzip = new GZipStream(new MemoryStream(block), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
