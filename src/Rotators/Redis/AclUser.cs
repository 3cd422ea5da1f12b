namespace Rekey.Rotators.Redis;

/// <summary>
/// One user of an access control list as ACL GETUSER describes it, in a form in which two users can be compared. Whether a user is on and
/// what its passwords are is not part of its rules.
/// </summary>
/// <param name="Hashes">SHA-256 of each password, lower-case hexadecimal, in order.</param>
/// <param name="AnyPassword">The user logs in with whatever password is given (nopass).</param>
internal sealed record AclUser(bool IsOn, bool AnyPassword, IReadOnlyList<string> Hashes, AclRules Rules)
{
    /// <summary>Null when the server has no such user. Servers of version 6 list patterns without their mark.</summary>
    /// <exception cref="InvalidDataException">The reply is none of ACL GETUSER.</exception>
    public static AclUser? Parse(RespReply reply)
    {
        if (reply.IsNull) return null;
        var fields = Pairs(reply);
        var flags = fields.TryGetValue("flags", out var set) ? Texts(set) : throw Broken();
        return new AclUser(
            flags.Contains("on"),
            flags.Contains("nopass"),
            [.. Texts(fields.GetValueOrDefault("passwords") ?? throw Broken()).Order(StringComparer.Ordinal)],
            new AclRules(
                SkipsSanitizing: flags.Contains("skip-sanitize-payload"),
                CommandsOf(fields), Patterns(fields, "keys", '~'), Patterns(fields, "channels", '&'), Selectors(fields)));
    }

    private static List<string> Selectors(Dictionary<string, RespReply> fields)
    {
        if (!fields.TryGetValue("selectors", out var selectors)) return [];
        // A selector that is there twice gives nothing more.
        return [.. selectors.Items.Select(item => Selector(Pairs(item))).Distinct().Order(StringComparer.Ordinal)];
    }

    private static string Selector(Dictionary<string, RespReply> fields)
    {
        var words = Patterns(fields, "keys", '~').Concat(Patterns(fields, "channels", '&')).Append(CommandsOf(fields));
        return $"({string.Join(' ', words)})";
    }

    /// <summary>The order of commands is their meaning; that of patterns is none.</summary>
    private static string CommandsOf(Dictionary<string, RespReply> fields) =>
        fields.TryGetValue("commands", out var commands) ? commands.Octets : throw Broken();

    private static List<string> Patterns(Dictionary<string, RespReply> fields, string name, char mark)
    {
        if (!fields.TryGetValue(name, out var value)) return [];
        // A pattern holds no space: the server refuses it.
        var patterns = value.Kind == RespKind.Array
            ? value.Items.Select(item => $"{mark}{item.Octets}")
            : value.Octets.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return [.. patterns.Distinct().Order(StringComparer.Ordinal)];
    }

    private static List<string> Texts(RespReply reply) => [.. reply.Items.Select(item => item.Text)];

    private static Dictionary<string, RespReply> Pairs(RespReply reply)
    {
        if (reply.Kind != RespKind.Array || reply.Items.Count % 2 != 0) throw Broken();
        var pairs = new Dictionary<string, RespReply>();
        for (var i = 0; i < reply.Items.Count; i += 2) pairs[reply.Items[i].Text] = reply.Items[i + 1];
        return pairs;
    }

    private static InvalidDataException Broken() => new("The server describes a user in an unknown form.");
}

/// <summary>
/// What a user may do. Patterns and selectors are sets, held in order; the command rules are one ordered list, as later ones outweigh
/// earlier.
/// </summary>
internal sealed record AclRules(
    bool SkipsSanitizing, string Commands, IReadOnlyList<string> Keys, IReadOnlyList<string> Channels, IReadOnlyList<string> Selectors)
{
    /// <summary>What a user has that was just made.</summary>
    public static AclRules None { get; } = new(false, "-@all", [], [], []);

    /// <summary>The words of an ACL SETUSER that give a user exactly these rules, whichever it had.</summary>
    public List<string> ToWords()
    {
        List<string> words =
        [
            SkipsSanitizing ? "skip-sanitize-payload" : "sanitize-payload",
            "resetkeys", .. Keys, "resetchannels", .. Channels, "-@all", .. Commands.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        // Servers of version 6 know no selectors, nor the word that removes them.
        return words;
    }

    /// <inheritdoc cref="ToWords()"/>
    /// <param name="knowsSelectors">False for servers before version 7.</param>
    public List<string> ToWords(bool knowsSelectors) => knowsSelectors ? [.. ToWords(), "clearselectors", .. Selectors] : ToWords();
}
