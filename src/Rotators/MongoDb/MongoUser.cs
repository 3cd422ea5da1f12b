namespace Rekey.Rotators.MongoDb;

/// <summary>A role as users are given it. Roles are kept by database.</summary>
internal sealed record MongoRole(string Name, string Database) : IComparable<MongoRole>
{
    public int CompareTo(MongoRole? other) => other is null ? 1
        : string.CompareOrdinal(Database, other.Database) is var byDatabase and not 0 ? byDatabase
        : string.CompareOrdinal(Name, other.Name);
}

/// <summary>
/// A user as the server describes it, in one canonical form: what two users must agree in to have equal rights. It holds no credential.
/// </summary>
internal sealed record MongoUser
{
    public required string Name { get; init; }

    /// <summary>Where the user is kept; part of its identity.</summary>
    public required string Database { get; init; }

    public SortedSet<MongoRole> Roles { get; init; } = [];

    /// <summary>The forms in which the server keeps the password; empty where it does not tell (Amazon DocumentDB).</summary>
    public SortedSet<string> Mechanisms { get; init; } = new(StringComparer.Ordinal);

    /// <summary>From where and at which addresses the user may log in; empty for everywhere.</summary>
    public SortedSet<MongoRestriction> Restrictions { get; init; } = [];

    /// <summary>What applications keep with the user; null for nothing. Never shown.</summary>
    public BsonDocument? CustomData { get; init; }

    /// <summary>False for a server that knows names, passwords and roles only (Amazon DocumentDB).</summary>
    public bool HasRestrictions { get; init; } = true;

    /// <param name="document">One of the users that usersInfo returns.</param>
    public static MongoUser Read(BsonDocument document, bool hasRestrictions) => new()
    {
        Name = document.FindText("user") ?? throw new InvalidDataException("A user without a name."),
        Database = document.FindText("db") ?? throw new InvalidDataException("A user without a database."),
        Roles = ReadRoles(document, "roles"),
        Mechanisms = new SortedSet<string>(document.FindTexts("mechanisms") ?? [], StringComparer.Ordinal),
        Restrictions = [.. document.FindDocuments("authenticationRestrictions").SelectMany(MongoRestriction.Read)],
        CustomData = document.FindDocument("customData") is { IsEmpty: false } data ? data : null,
        HasRestrictions = hasRestrictions,
    };

    public static SortedSet<MongoRole> ReadRoles(BsonDocument document, string name) =>
    [
        .. document.FindDocuments(name).Select(role => new MongoRole(
            role.FindText("role") ?? throw new InvalidDataException("A role without a name."),
            role.FindText("db") ?? throw new InvalidDataException("A role without a database."))),
    ];
}
