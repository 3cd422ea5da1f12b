namespace Rekey.Server.Tests.SigV4;

/// <summary>A request as the published vectors write it: request line, header lines, a blank line, body. A line that begins with white
/// space continues the header above it.</summary>
internal sealed class RawRequest
{
    public required string Method { get; init; }

    /// <summary>Path and query as sent. It may hold spaces and characters that no real client sends.</summary>
    public required string Target { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    public required string Body { get; init; }

    public string Path => Target.Split('?', 2)[0];

    public string Query => Target.Contains('?') ? Target.Split('?', 2)[1] : "";

    public string? Header(string name) =>
        Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public string? Parameter(string name) =>
        Query.Split('&').Where(part => part.StartsWith(name + "=", StringComparison.Ordinal))
            .Select(part => Uri.UnescapeDataString(part[(name.Length + 1)..])).FirstOrDefault();

    public RawRequest WithHeader(string name, string value) => new()
    {
        Method = Method,
        Target = Target,
        Headers = [.. Headers.Where(header => !header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)), new(name, value)],
        Body = Body,
    };

    public static RawRequest Parse(string text)
    {
        var parts = text.Split("\n\n", 2);
        var lines = parts[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var methodLength = lines[0].IndexOf(' ');
        var targetEnd = lines[0].LastIndexOf(' ');
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var line in lines.Skip(1))
        {
            if (char.IsWhiteSpace(line[0])) headers[^1] = new(headers[^1].Key, headers[^1].Value + '\n' + line);
            else headers.Add(new(line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..]));
        }

        return new RawRequest
        {
            Method = lines[0][..methodLength],
            Target = lines[0][(methodLength + 1)..targetEnd],
            Headers = headers,
            Body = parts.Length > 1 ? parts[1] : "",
        };
    }
}
