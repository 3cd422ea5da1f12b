namespace Rekey.Rotators.MySql;

/// <summary>Which of the tables, columns and routines that rights name are there: rights outlive what they are on.</summary>
internal sealed class ExistingObjects
{
    private const int ObjectsPerQuery = 500;

    // Names of routines know no case, those of tables only on some systems.
    private readonly HashSet<string> _found = new(StringComparer.OrdinalIgnoreCase);

    public static async Task<ExistingObjects> FindAsync(
        MySqlSession session, IReadOnlyCollection<RightsObject> objects, CancellationToken cancellationToken)
    {
        var found = new ExistingObjects();
        foreach (var some in objects.Where(on => on.Level == RightsLevel.Table).Chunk(ObjectsPerQuery))
        {
            var text = "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE (TABLE_SCHEMA, TABLE_NAME) IN "
                + $"({Pairs(some)})";
            foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
            {
                found._found.Add(Key("TABLE", row[0], row[1], null));
                found._found.Add(Key("TABLE", row[0], row[1], row[2]));
            }
        }
        foreach (var some in objects.Where(on => on.Level == RightsLevel.Routine).Chunk(ObjectsPerQuery))
        {
            var text = "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES "
                + $"WHERE (ROUTINE_SCHEMA, ROUTINE_NAME) IN ({Pairs(some)})";
            foreach (var row in await session.QueryRowsAsync(text, cancellationToken))
                found._found.Add(Key(row[2]!, row[0], row[1], null));
        }
        return found;
    }

    public bool Contains(RightsObject on, string? column) =>
        _found.Contains(Key(on.Type ?? "TABLE", on.Database, on.Name, column))
            // MySQL's libraries stand in another table; they are taken to be there.
            || on.Type == "LIBRARY";

    private static string Pairs(IEnumerable<RightsObject> objects) =>
        string.Join(", ", objects.Select(on => $"({MySqlText.Literal(on.Database!)}, {MySqlText.Literal(on.Name!)})"));

    private static string Key(string type, string? database, string? name, string? column) => $"{type}\0{database}\0{name}\0{column}";
}
