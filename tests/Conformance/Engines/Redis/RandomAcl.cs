namespace Rekey.Conformance.Engines.Redis;

/// <summary>Random rules of a user, of the categories and commands that a server has.</summary>
internal sealed class RandomAcl(int seed, IReadOnlyList<string> categories, IReadOnlyList<string> commands)
{
    /// <summary>Bytes that patterns may hold: no space and no parenthesis, which end words, and quotes only outside selectors.</summary>
    private const string PatternBytes = "abcXYZ019*?[]^-_:.,;/\\%~&@#$!{}<>=+|'\"\u0001\u007f\u0080\u00ff";

    private readonly Random _random = new(seed);

    /// <summary>The words of an ACL SETUSER: sometimes a user from nothing, sometimes a change to the one there is.</summary>
    public string[] Next()
    {
        List<string> words = _random.Next(3) == 0 ? ["reset", "on", ">old"] : [];
        for (var count = _random.Next(1, 12); count > 0; count--) words.Add(Word());
        if (_random.Next(4) == 0) words.Add(Selector());
        return [.. words];
    }

    private string Word() => _random.Next(14) switch
    {
        0 => "~" + Pattern(withQuotes: true),
        1 => "%R~" + Pattern(withQuotes: true),
        2 => "%W~" + Pattern(withQuotes: true),
        3 => "&" + Pattern(withQuotes: true),
        4 => Pick(["allkeys", "resetkeys", "allchannels", "resetchannels", "clearselectors"]),
        5 => Pick(["skip-sanitize-payload", "sanitize-payload"]),
        6 => Pick(["+@all", "-@all"]),
        7 or 8 or 9 => Pick(["+@", "-@"]) + Pick(categories),
        _ => Pick(["+", "-"]) + Pick(commands),
    };

    private string Selector()
    {
        List<string> words = [];
        for (var count = _random.Next(1, 5); count > 0; count--)
        {
            words.Add(_random.Next(4) switch
            {
                0 => "~" + Pattern(withQuotes: false),
                1 => "&" + Pattern(withQuotes: false),
                2 => Pick(["+@", "-@"]) + Pick(categories),
                _ => Pick(["+", "-"]) + Pick(commands),
            });
        }
        return $"({string.Join(' ', words)})";
    }

    private string Pattern(bool withQuotes)
    {
        var alphabet = withQuotes ? PatternBytes : PatternBytes.Replace("\"", "").Replace("'", "").Replace("\\", "");
        return new string(_random.GetItems<char>(alphabet, _random.Next(1, 8)));
    }

    private string Pick(IReadOnlyList<string> choices) => choices[_random.Next(choices.Count)];
}
