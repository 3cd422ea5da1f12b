using System.Text;

namespace Rekey.Conformance.Storage;

/// <summary>Looks for a value in files, in every form in which it might lie there.</summary>
internal static class PlaintextSearch
{
    /// <summary>Names of the files under a folder that hold the value.</summary>
    public static IReadOnlyList<string> FilesWith(string folder, string value)
    {
        var forms = Forms(value);
        return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => Holds(File.ReadAllBytes(path), forms))];
    }

    /// <summary>Plain, UTF-16, hexadecimal, and base64 at each of its three offsets less the characters that neighbours change.</summary>
    public static IReadOnlyList<byte[]> Forms(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        List<byte[]> forms = [bytes, Encoding.Unicode.GetBytes(value), Encoding.BigEndianUnicode.GetBytes(value)];
        string[] texts = [Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes),
            .. Enumerable.Range(0, 3).Select(offset => Convert.ToBase64String([.. new byte[offset], .. bytes])[(offset == 0 ? 0 : 4)..^4])];
        return [.. forms, .. texts.Select(Encoding.ASCII.GetBytes)];
    }

    public static bool Holds(ReadOnlySpan<byte> content, IReadOnlyList<byte[]> forms)
    {
        foreach (var form in forms)
            if (content.IndexOf(form) >= 0) return true;
        return false;
    }
}
