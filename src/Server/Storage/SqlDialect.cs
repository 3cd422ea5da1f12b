namespace Rekey.Server.Storage;

/// <summary>The places where the engines' words differ. Everything else is one text.</summary>
/// <param name="Text">Replaces <c>{text}</c> in migrations: a text column compared by code point.</param>
internal sealed record SqlDialect(string Text)
{
    public static readonly SqlDialect Sqlite = new("TEXT");
    public static readonly SqlDialect Postgres = new("TEXT COLLATE \"C\"");

    public string Translate(string sql) => sql.Replace("{text}", Text, StringComparison.Ordinal);
}
