namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>Tables as text: a row a line, columns between bars. Empty lines and those that begin with # are for the reader.</summary>
internal static class Table
{
    public static IEnumerable<string[]> Rows(string text, int columns)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith('#')) continue;
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length != columns) throw new FormatException($"{cells.Length} columns instead of {columns}: {line}");
            yield return cells;
        }
    }
}
