using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Rekey.Server.Tests.Fakes;

/// <summary>
/// Unique values to plant wherever a secret may stand, and the search for them afterwards: in every log message of all levels, in
/// exceptions, in the audit records and in every byte of the data directory, in the forms in which a value can leak.
/// </summary>
public sealed class Canary
{
    private readonly List<string> _planted = [];

    /// <summary>A new value: high entropy, with characters that URLs, JSON and base64 write differently.</summary>
    public string Plant()
    {
        var value = $"canary+/ä\"\\ %{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        _planted.Add(value);
        return value;
    }

    /// <summary>Watches a value that somebody else made.</summary>
    public void Watch(string value) => _planted.Add(value);

    /// <summary>Where planted values were found; empty when nothing leaked.</summary>
    public async Task<IReadOnlyList<string>> FindLeaksAsync(TestServer server, CancellationToken cancellationToken)
    {
        var leaks = new List<string>();
        var needles = _planted.SelectMany(Forms).ToList();
        Search(leaks, "the log", Encoding.UTF8.GetBytes(server.Logs.Text), needles);
        await SearchFilesAsync(leaks, server.DataDirectory, needles, cancellationToken);
        foreach (var line in await server.AuditLinesAsync(cancellationToken))
            Search(leaks, "the audit", Encoding.UTF8.GetBytes(line.ToString()), needles);
        return leaks;
    }

    private static void Search(List<string> leaks, string place, ReadOnlySpan<byte> content, List<(string Form, byte[] Bytes)> needles)
    {
        foreach (var (form, bytes) in needles)
            if (content.IndexOf(bytes) >= 0) leaks.Add($"{place}: {form}");
    }

    private static IEnumerable<(string Form, byte[] Bytes)> Forms(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        yield return ("as it is", bytes);
        yield return ("UTF-16", Encoding.Unicode.GetBytes(value));
        yield return ("hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        yield return ("upper hex", Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));
        yield return ("URL", Encoding.ASCII.GetBytes(Uri.EscapeDataString(value)));
        yield return ("JSON", Encoding.UTF8.GetBytes(JsonEncodedText.Encode(value).Value));
        yield return ("its random half", Encoding.UTF8.GetBytes(value[^Math.Min(32, value.Length)..]));
        for (var offset = 0; offset < 3; offset++)
        {
            // Base64 of the value at each alignment, without the characters that depend on its neighbours.
            var text = Convert.ToBase64String([.. new byte[offset], .. bytes]);
            var start = (offset * 8 + 5) / 6;
            yield return ($"base64 at offset {offset}", Encoding.ASCII.GetBytes(text[start..(((offset + bytes.Length) * 8) / 6)]));
        }
    }

    /// <summary>Another process makes the copy: opening SQLite's files in this one would drop its locks on them.</summary>
    private static async Task SearchFilesAsync(
        List<string> leaks, string directory, List<(string Form, byte[] Bytes)> needles, CancellationToken cancellationToken)
    {
        var copy = Directory.CreateTempSubdirectory("rekey-scan-");
        try
        {
            using (var copying = Process.Start("cp", ["-r", directory, copy.FullName]))
                await copying.WaitForExitAsync(cancellationToken);
            var files = copy.GetFiles("*", SearchOption.AllDirectories);
            if (files.Length == 0) throw new InvalidOperationException("The data directory was not copied.");
            foreach (var file in files)
                Search(leaks, file.Name, await File.ReadAllBytesAsync(file.FullName, cancellationToken), needles);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }
}
