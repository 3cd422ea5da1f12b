namespace Rekey.Cli.Client;

/// <summary>
/// The profile files that the AWS CLI and SDKs share: sections in brackets, <c>key = value</c> lines, and under a key without a value
/// indented lines of its own. Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
/// </summary>
internal sealed class SharedConfigFile
{
    private readonly Dictionary<string, Dictionary<string, string>> _sections = new(StringComparer.Ordinal);

    /// <summary>Reads a file; one that does not exist has no sections.</summary>
    public static SharedConfigFile Load(string path) => Parse(File.Exists(path) ? File.ReadAllLines(path) : []);

    public static SharedConfigFile Parse(IEnumerable<string> lines)
    {
        var file = new SharedConfigFile();
        Dictionary<string, string>? section = null;
        var parent = "";
        foreach (var line in lines)
        {
            var text = line.Trim();
            if (text.Length == 0 || text[0] is '#' or ';') continue;
            if (text[0] == '[')
            {
                section = file.SectionFor(text);
                parent = "";
                continue;
            }
            var equals = text.IndexOf('=');
            if (section is null || equals <= 0) continue;
            var key = text[..equals].TrimEnd();
            var value = text[(equals + 1)..].TrimStart();
            var isNested = char.IsWhiteSpace(line[0]) && parent.Length > 0;
            if (!isNested) parent = value.Length == 0 ? key : "";
            section[isNested ? $"{parent}.{key}" : key] = value;
        }
        return file;
    }

    public bool Has(string section) => _sections.ContainsKey(section);

    /// <summary>
    /// The value, or null when the section or key is missing or the value is empty. A nested key is written <c>parent.key</c>.
    /// </summary>
    public string? Find(string section, string key) =>
        _sections.TryGetValue(section, out var values) && values.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    /// <summary>White space around and inside the brackets means nothing; a section given twice is one.</summary>
    private Dictionary<string, string> SectionFor(string header)
    {
        var name = string.Join(' ', header.Trim('[', ']').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (!_sections.TryGetValue(name, out var section)) _sections[name] = section = new(StringComparer.Ordinal);
        return section;
    }
}
