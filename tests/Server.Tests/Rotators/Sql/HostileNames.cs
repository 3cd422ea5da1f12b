namespace Rekey.Server.Tests.Rotators.Sql;

/// <summary>Names that a server may have and that break statements put together without care.</summary>
internal static class HostileNames
{
    private static readonly string[] Known =
    [
        "orders", "Order Details", "x] TO [public", "a'b", "a''b", "'; DROP TABLE t; --", "]", "]]", "[", "a.b", "x TO y", "/* c */",
        "semi;colon", "WITH GRANT OPTION", "naïve", "日本", "😀", "%s{0}", "back\\slash", "line\nbreak", "--", "a--b", " lead", "GO", "$$",
    ];

    /// <summary>Each name only once.</summary>
    public static List<string> Pick(Random random, int count, bool doubleQuotes = false)
    {
        List<string> pool = [.. Known, "quote]quote", "x\"y", "\"", "\"; GRANT ALL"];
        // Oracle has no names with a double quote in them.
        if (!doubleQuotes) pool.RemoveAll(name => name.Contains('"'));
        var picked = new List<string>();
        while (picked.Count < count)
        {
            var name = pool[random.Next(pool.Count)];
            if (random.Next(4) == 0) name += random.Next(100);
            if (!picked.Contains(name)) picked.Add(name);
        }
        return picked;
    }
}
