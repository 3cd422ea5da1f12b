using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>One difference between two roles, and where its remedy runs.</summary>
internal sealed record PostgresChange : RightsChange
{
    private PostgresChange(RightsChangeKind kind, string right, string statement)
        : base(kind, right, statement)
    {
    }

    /// <summary>The database to connect to; null for that of the secret, where also runs what belongs to the whole cluster.</summary>
    public string? Database { get; private init; }

    /// <summary>What is sent, one by one.</summary>
    public required IReadOnlyList<SensitiveStatement> Sent { get; init; }

    /// <summary>True when the statements hold values that no server log should keep.</summary>
    public bool IsConfidential => Sent.Any(statement => statement.IsConfidential);

    /// <summary>What to do by hand, where no statement would be safe; null otherwise.</summary>
    public string? ByHand { get; private init; }

    /// <param name="statements">Run in this order; shown as they are.</param>
    public static PostgresChange Of(RightsChangeKind kind, string right, string? database, params IReadOnlyList<string> statements) =>
        new(kind, At(right, database), At(string.Join("; ", statements), database))
        {
            Database = database,
            Sent = [.. statements.Select(statement => new SensitiveStatement(statement, statement))],
        };

    /// <param name="statements">Shown with masks in place of values.</param>
    public static PostgresChange Confidential(
        RightsChangeKind kind, string right, string? database, params IReadOnlyList<SensitiveStatement> statements) =>
        new(kind, At(right, database), At(string.Join("; ", statements.Select(statement => statement.Shown)), database))
        {
            Database = database,
            Sent = statements,
        };

    /// <summary>A difference that people have to mend.</summary>
    public static PostgresChange Manual(RightsChangeKind kind, string right, string? database, string remedy) =>
        new(kind, At(right, database), "") { Database = database, Sent = [], ByHand = remedy };

    private static string At(string text, string? database) => database is null ? text : $"{text} (in database {database})";
}

/// <summary>A statement and how it may be shown. Not a record: it must not print what is sent.</summary>
internal sealed class SensitiveStatement(string sent, string shown)
{
    public string Shown => shown;

    public bool IsConfidential => !ReferenceEquals(sent, shown);

    public string Reveal() => sent;

    public override string ToString() => shown;
}
