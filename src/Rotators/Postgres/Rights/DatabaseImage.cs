using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>What one database says of the roles of a pair.</summary>
internal sealed class DatabaseImage
{
    /// <summary>
    /// Temporary tables belong to a session and go with it; default privileges and user mappings have no owner to be given.
    /// </summary>
    private const string OwnedQuery =
        """
        SELECT r.rolname::text, count(*)::int4
        FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid AND r.rolname::text IN ($1, $2, $3)
        WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.deptype = 'o'
          AND d.dbid IN ({0}(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
          AND d.classid NOT IN ('pg_catalog.pg_default_acl'::pg_catalog.regclass, 'pg_catalog.pg_user_mapping'::pg_catalog.regclass)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.objid AND c.relpersistence = 't')
        GROUP BY 1
        """;

    private const string UserSchemaQuery = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname::text IN ($1, $2) LIMIT 1";

    private readonly CloneRules _rules;

    private DatabaseImage(CloneRules rules) => _rules = rules;

    /// <summary>See <see cref="PostgresChange.Database"/>.</summary>
    public required string? Database { get; init; }

    /// <summary>True when "$user" of a search path stands for an existing schema of the base or of the clone.</summary>
    public required bool HasUserSchema { get; init; }

    public required IReadOnlyDictionary<string, RoleRights> Rights { get; init; }

    public required OwnDefaults Defaults { get; init; }

    public required RolePolicies Policies { get; init; }

    public required UserMappings Mappings { get; init; }

    /// <summary>Numbers of objects by owner.</summary>
    public required Dictionary<string, int> Owned { get; init; }

    /// <param name="database">Null for the secret's own, with which what belongs to the whole cluster is read.</param>
    /// <param name="connection">In a transaction, to that database.</param>
    /// <param name="rules">Whom to read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<DatabaseImage> ReadAsync(
        PostgresConnection connection, CloneRules rules, string? database, CancellationToken cancellationToken)
    {
        var isMain = database is null;
        var owned = await connection.QueryAsync(
            OwnedQuery.Replace("{0}", isMain ? "0, " : "", StringComparison.Ordinal), rules.Roles,
            row => (Role: row.GetString(0), Count: row.GetInt32(1)), cancellationToken);
        var schemas = await connection.QueryAsync(UserSchemaQuery, [rules.Base, rules.Twin], _ => true, cancellationToken);
        return new DatabaseImage(rules)
        {
            Database = database,
            HasUserSchema = schemas.Count > 0,
            Rights = await RightsQuery.ReadAsync(connection, rules.Roles, rules.Version, isMain, cancellationToken),
            Defaults = await OwnDefaults.ReadAsync(connection, rules.Roles, cancellationToken),
            Policies = await RolePolicies.ReadAsync(connection, rules.Roles, cancellationToken),
            Mappings = await UserMappings.ReadAsync(connection, rules, cancellationToken),
            Owned = owned.ToDictionary(count => count.Role, count => count.Count),
        };
    }

    public IEnumerable<PostgresChange> Compare()
    {
        var clone = SqlText.Name(_rules.Twin);
        var isMember = _rules.OwnerRole is null;
        return
        [
            // First: what is granted on an object is another matter once it has changed hands.
            .. Ownership(),
            // A member has its base's rights through its base; what it has by name beside is one more place to forget.
            .. RoleRights.Compare(Rights[_rules.Base], Rights[_rules.Twin], clone, Database, lacking: !isMember),
            .. Defaults.Compare(_rules.Base, _rules.Twin, Database, excess: true),
            .. OwnerRoleSetup(),
            .. Policies.Compare(_rules, Database),
            .. Mappings.Compare(_rules, Database),
        ];
    }

    private IEnumerable<PostgresChange> OwnerRoleSetup() =>
        _rules is not { OwnerRole: { } owner, IsSetUp: false } ? [] :
        [
            .. RoleRights.Compare(Rights[_rules.Base], Rights[owner], SqlText.Name(owner), Database, excess: false),
            .. Defaults.Compare(_rules.Base, owner, Database, excess: false),
        ];

    /// <summary>
    /// What the clone made goes to where both have it: to the base, of which the clone is a member, or to the owner role. Nobody loses by
    /// that, while left where it is the base could not use it when its turn comes.
    /// </summary>
    private IEnumerable<PostgresChange> Ownership()
    {
        var heir = _rules.OwnerRole ?? _rules.Base;
        if (Owned.GetValueOrDefault(_rules.Twin) is var made and > 0)
            yield return Reassign(RightsChangeKind.Remove, made, _rules.Twin, heir);
        if (_rules.OwnerRole is not null && Owned.GetValueOrDefault(_rules.Base) is var owned and > 0)
            yield return Reassign(RightsChangeKind.Add, owned, _rules.Base, heir);
    }

    private PostgresChange Reassign(RightsChangeKind kind, int count, string owner, string heir) => PostgresChange.Of(
        kind, $"ownership of {count} {(count == 1 ? "object" : "objects")} of {owner}, due to {heir}", Database,
        $"REASSIGN OWNED BY {SqlText.Name(owner)} TO {SqlText.Name(heir)}");
}
