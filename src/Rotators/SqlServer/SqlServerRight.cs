using Rekey.Rotators.Sql;

namespace Rekey.Rotators.SqlServer;

/// <summary>A right within one database, or of the server where <see cref="Database"/> is null.</summary>
internal abstract record SqlServerRight : Right
{
    public required string? Database { get; init; }

    /// <summary>
    /// What the account is called there: a login's user may bear another name in each database. Null for the login's own name. No part of
    /// what two accounts are compared by.
    /// </summary>
    public string? User { get; init; }

    public virtual bool Equals(SqlServerRight? other) => other is not null && EqualityContract == other.EqualityContract
        && Database == other.Database;

    public override int GetHashCode() => HashCode.Combine(EqualityContract, Database);

    protected string Account(string username) => SqlServerText.Name(User ?? username);

    protected string In(string statement) => $"USE {SqlServerText.Name(Database ?? "master")}; {statement};";

    /// <summary>Where it holds, for people.</summary>
    protected string Place => Database is null ? "" : $" in {Database}";
}

/// <summary>A setting of a login: DEFAULT_DATABASE, DEFAULT_LANGUAGE, the password policy.</summary>
internal sealed record LoginSetting(string Name, string Clause) : SqlServerRight
{
    public override string Text => Clause;
    public override string Setting => Name;

    public override IReadOnlyList<string> Give(string username) => [In($"ALTER LOGIN {SqlServerText.Name(username)} WITH {Clause}")];

    public override IReadOnlyList<string> Take(string username) => [];
}

/// <summary>A credential of the server's that a login uses outside of it.</summary>
internal sealed record LoginCredential(string Name) : SqlServerRight
{
    public override string Text => $"credential {Name}";
    public override int Rank => 1;

    public override IReadOnlyList<string> Give(string username) => [Alter(username, "ADD")];

    public override IReadOnlyList<string> Take(string username) => [Alter(username, "DROP")];

    private string Alter(string username, string verb) =>
        In($"ALTER LOGIN {SqlServerText.Name(username)} {verb} CREDENTIAL {SqlServerText.Name(Name)}");
}

/// <summary>A login's user in a database.</summary>
internal sealed record DatabaseUser : SqlServerRight
{
    public override string Text => $"a user{Place}";

    public override IReadOnlyList<string> Give(string username) =>
        [In($"CREATE USER {Account(username)} FOR LOGIN {SqlServerText.Name(username)}")];

    public override IReadOnlyList<string> Take(string username) => [In($"DROP USER {Account(username)}")];
}

/// <summary>A user's default schema.</summary>
internal sealed record DefaultSchema(string Schema) : SqlServerRight
{
    public override string Text => $"default schema {Schema}{Place}";
    public override int Rank => 1;
    public override string Setting => $"default schema{Place}";

    public override IReadOnlyList<string> Give(string username) =>
        [In($"ALTER USER {Account(username)} WITH DEFAULT_SCHEMA = {SqlServerText.Name(Schema)}")];

    public override IReadOnlyList<string> Take(string username) => [];
}

/// <summary>Membership in a role of the server or of a database.</summary>
internal sealed record RoleMembership(string Role) : SqlServerRight
{
    public override string Text => $"role {Role}{Place}";
    public override int Rank => 2;

    public override IReadOnlyList<string> Give(string username) => [Alter(username, "ADD")];

    public override IReadOnlyList<string> Take(string username) => [Alter(username, "DROP")];

    private string Alter(string username, string verb)
    {
        var kind = Database is null ? "SERVER ROLE" : "ROLE";
        return In($"ALTER {kind} {SqlServerText.Name(Role)} {verb} MEMBER {Account(username)}");
    }
}

/// <summary>The language of a user whose password its database keeps.</summary>
internal sealed record ContainedLanguage(string Language) : SqlServerRight
{
    public override string Text => $"default language {Language}{Place}";
    public override int Rank => 1;
    public override string Setting => "default language";

    public override IReadOnlyList<string> Give(string username) =>
        [In($"ALTER USER {Account(username)} WITH DEFAULT_LANGUAGE = {SqlServerText.Name(Language)}")];

    public override IReadOnlyList<string> Take(string username) => [];
}
