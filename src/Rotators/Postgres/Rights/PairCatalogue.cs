using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>
/// Reads a pair from the catalogues of the cluster. Where else than in the secret's database its roles have rights, the cluster's own list
/// of dependencies tells; those databases are connected to, so the superuser has to be let into them.
/// </summary>
internal sealed class PairCatalogue(AdministratorConnection main, int version, UserPair pair)
{
    private const string Databases =
        """
        SELECT DISTINCT db.datname::text FROM pg_catalog.pg_shdepend d
        JOIN pg_catalog.pg_database db ON db.oid = d.dbid AND db.datallowconn AND db.datname <> pg_catalog.current_database()
        JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid AND r.rolname::text IN ($1, $2, $3)
        WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass ORDER BY 1
        """;

    private const string Members =
        """
        SELECT m.rolname::text FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles m ON m.oid = a.member
        JOIN pg_catalog.pg_roles g ON g.oid = a.roleid WHERE g.rolname::text = $1 AND m.rolname <> session_user AND m.rolname::text <> $2
        """;

    /// <summary>
    /// Differences in the order in which they are to be carried out; without a clone, those that it would have without rights.
    /// </summary>
    public async Task<PairComparison> CompareAsync(CancellationToken cancellationToken)
    {
        var owner = CloneRules.OwnerRoleOf(pair);
        var shared = await main.ReadAsync(connection => ReadSharedAsync(connection, owner, cancellationToken), cancellationToken);
        if (shared is null) return new PairComparison(BaseExists: false, CloneExists: false, [], []);
        string[] create = shared.Twin is null ? [CreateStatement(pair.Twin)] : [];
        var changes = await CompareAsync(shared, cancellationToken);
        return new PairComparison(BaseExists: true, shared.Twin is not null, changes, create);
    }

    /// <summary>The clone as it is made: whatever it gets later, it cannot log in.</summary>
    public static string CreateStatement(string clone) => $"CREATE ROLE {SqlText.Name(clone)} NOLOGIN";

    /// <summary>Null when there is no base.</summary>
    private async Task<Shared?> ReadSharedAsync(PostgresConnection connection, string? owner, CancellationToken cancellationToken)
    {
        if (await RoleFacts.FindAsync(connection, pair.Base, cancellationToken) is not { } @base) return null;
        ReservedRoles.DemandValid(@base);
        var clone = await RoleFacts.FindAsync(connection, pair.Twin, cancellationToken);
        if (clone is { LogsIn: false }) await DemandNoGroupAsync(connection, cancellationToken);
        var settings = await RoleSettings.ReadAsync(connection, pair.Base, pair.Twin, cancellationToken);
        var rules = new CloneRules(pair.Base, pair.Twin, owner, version, owner is not null && settings.Has(pair.Base, "role", owner));
        var memberships = await RoleMemberships.ReadAsync(connection, rules, cancellationToken);
        var ownerFacts = owner is null ? null : await RoleFacts.FindAsync(connection, owner, cancellationToken);
        if (ownerFacts is not null) await DemandOwnerRoleAsync(connection, ownerFacts, memberships, cancellationToken);
        if (owner is null && memberships.IsMember(pair.Base, pair.Twin))
        {
            throw Failures.Precondition(
                $"{pair.Base} is a member of {pair.Twin}, so {pair.Twin} is the base of the two: name the pair the other way round in the "
                    + "secret's rotation settings (Users)");
        }
        return new Shared(
            rules, @base, clone, ownerFacts is not null, settings, memberships,
            await RoleLabels.ReadAsync(connection, rules, cancellationToken),
            await DatabaseImage.ReadAsync(connection, rules, database: null, cancellationToken),
            await connection.QueryAsync(Databases, rules.Roles, row => row.GetString(0), cancellationToken));
    }

    private async Task<List<RightsChange>> CompareAsync(Shared shared, CancellationToken cancellationToken)
    {
        var rules = shared.Rules;
        // As CREATE ROLE makes it.
        var clone = shared.Twin ?? new RoleFacts(rules.Twin, true, false, false, -1, "infinity", false);
        List<RightsChange> changes = [];
        if (rules.OwnerRole is { } owner && !shared.OwnerExists)
        {
            changes.Add(PostgresChange.Of(
                RightsChangeKind.Add, $"owner role {owner}", database: null,
                // What the base has to switch roles for, its sessions must not have by themselves when they act as the owner role.
                $"CREATE ROLE {SqlText.Name(owner)} NOLOGIN {(shared.Base.Inherits ? "INHERIT" : "NOINHERIT")}"));
        }
        changes.AddRange(shared.Memberships.Lacking());
        changes.AddRange(RoleAttributes.Compare(rules, shared.Base, clone));
        List<DatabaseImage> images = [];
        foreach (var database in shared.Databases) images.Add(await ReadDatabaseAsync(database, rules, cancellationToken));
        foreach (var image in images) changes.AddRange(image.Compare());
        changes.AddRange(shared.Main.Compare());
        changes.AddRange(shared.Labels.Compare(rules));
        var userSchemas = images.Where(image => image.HasUserSchema).Select(image => image.Database!).ToList();
        if (shared.Main.HasUserSchema) userSchemas.Add(main.DatabaseName);
        changes.AddRange(shared.Settings.Compare(rules, userSchemas));
        changes.AddRange(shared.Memberships.Excess());
        return changes;
    }

    private async Task<DatabaseImage> ReadDatabaseAsync(string database, CloneRules rules, CancellationToken cancellationToken)
    {
        await using var connection = await main.OpenDatabaseAsync(database, cancellationToken);
        return await connection.ReadAsync(
            open => DatabaseImage.ReadAsync(open, rules, database, cancellationToken), cancellationToken);
    }

    /// <summary>A role without login that others are members of was never somebody's clone: with a password they would share it.</summary>
    private async Task DemandNoGroupAsync(PostgresConnection connection, CancellationToken cancellationToken)
    {
        var members = await connection.QueryAsync(Members, [pair.Twin, pair.Base], row => row.GetString(0), cancellationToken);
        if (members.Count == 0) return;
        throw Failures.Precondition(
            $"{pair.Twin} exists and is a group: it cannot log in and has members. Name another pair in the secret's rotation "
                + "settings (Users)");
    }

    private async Task DemandOwnerRoleAsync(
        PostgresConnection connection, RoleFacts owner, RoleMemberships memberships, CancellationToken cancellationToken)
    {
        if (owner.LogsIn)
            throw Failures.Precondition($"The owner role {owner.Name} can log in. Make it NOLOGIN: nobody is to have its rights alone");
        await ReservedRoles.DemandRotatableAsync(connection, owner.Name, cancellationToken);
        // A rotation gives nobody rights that an administrator has not: the name of an existing role alone joins nobody to it.
        if (!memberships.IsMember(pair.Base, owner.Name))
        {
            throw Failures.Precondition(
                $"The owner role {owner.Name} exists and {pair.Base} is no member of it. If it is meant: "
                    + $"GRANT {SqlText.Name(owner.Name)} TO " + SqlText.Name(pair.Base));
        }
    }

    private sealed record Shared(
        CloneRules Rules, RoleFacts Base, RoleFacts? Twin, bool OwnerExists, RoleSettings Settings, RoleMemberships Memberships,
        RoleLabels Labels, DatabaseImage Main, IReadOnlyList<string> Databases);
}
