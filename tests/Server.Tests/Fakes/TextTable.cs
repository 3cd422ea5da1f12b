namespace Rekey.Server.Tests.Fakes;

/// <summary>
/// A table written as text, for tests whose rows are to be read side by side: cells between <c>|</c>, the first line names the columns.
/// </summary>
internal static class TextTable
{
    /// <summary>The cells of each row, trimmed, as the parameters of a theory.</summary>
    public static IEnumerable<object[]> Rows(string table) => table
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Skip(1)
        .Select(row => row.Trim('|').Split('|', StringSplitOptions.TrimEntries).ToArray<object>());
}
