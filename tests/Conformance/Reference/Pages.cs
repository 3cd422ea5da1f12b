namespace Rekey.Conformance.Reference;

/// <summary>Page tokens: opaque, and bound to the query that they continue.</summary>
internal static class Pages
{
    public static string New(Call call, string query, object position)
    {
        var token = Symbols.PageToken(call.Step);
        call.World.Pages[token] = new Page($"{call.Region} {query}", position, call.Now);
        return token;
    }

    /// <summary>
    /// Where the page before ended; null for the first page. Throws for a token of another query, none of ours, or one a day old.
    /// </summary>
    public static object? Find(Call call, string query)
    {
        if (call.Text("NextToken") is not { } token) return null;
        return call.World.Pages.TryGetValue(token, out var page)
            && page.Query == $"{call.Region} {query}" && call.Now - page.Made <= TimeSpan.FromDays(1)
            ? page.Position
            : throw Refusal.BadNextToken();
    }
}
