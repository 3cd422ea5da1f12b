using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>Which roles the roles of a pair are members of.</summary>
internal sealed class RoleMemberships
{
    private const string Query =
        """
        SELECT m.rolname::text, g.rolname::text, a.admin_option, {0}, b.rolname::text
        FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles m ON m.oid = a.member AND m.rolname::text IN ($1, $2, $3)
        JOIN pg_catalog.pg_roles g ON g.oid = a.roleid LEFT JOIN pg_catalog.pg_roles b ON b.oid = a.grantor
        """;

    private readonly Dictionary<(string Member, string Group), List<Row>> _rows = [];
    private readonly CloneRules _rules;

    private RoleMemberships(CloneRules rules) => _rules = rules;

    public static async Task<RoleMemberships> ReadAsync(
        PostgresConnection connection, CloneRules rules, CancellationToken cancellationToken)
    {
        var memberships = new RoleMemberships(rules);
        var sql = Query.Replace(
            "{0}", rules.HasMembershipOptions ? "a.inherit_option, a.set_option" : "true, true", StringComparison.Ordinal);
        var rows = await connection.QueryAsync(
            sql, rules.Roles,
            row => (
                (row.GetString(0), row.GetString(1)),
                new Row(
                    new Options(row.GetBoolean(2), row.GetBoolean(3), row.GetBoolean(4)),
                    row.IsDBNull(5) ? null : SqlText.Name(row.GetString(5)))),
            cancellationToken);
        foreach (var (key, row) in rows)
        {
            if (!memberships._rows.TryGetValue(key, out var found)) memberships._rows[key] = found = [];
            found.Add(row);
        }
        return memberships;
    }

    public bool IsMember(string member, string group) => _rows.ContainsKey((member, group));

    /// <summary>What has to be granted, base and owner role included.</summary>
    public IEnumerable<PostgresChange> Lacking() => Wanted().SelectMany(Lacking);

    /// <summary>What has to be revoked. Comes last: until then nobody has lost anything.</summary>
    public IEnumerable<PostgresChange> Excess()
    {
        var wanted = Wanted().ToDictionary(edge => (edge.Member, edge.Group), edge => edge.Options);
        foreach (var (key, rows) in _rows)
        {
            // Of the base only this is changed: as a member of its clone it could change the clone's password.
            if (key.Member != _rules.Twin && key != (_rules.Base, _rules.Twin)) continue;
            foreach (var row in rows)
            {
                if (!wanted.TryGetValue(key, out var options))
                {
                    yield return Revoke(key.Member, key.Group, "", row);
                    continue;
                }
                if (row.Options.Admin && !options.Admin) yield return Revoke(key.Member, key.Group, "ADMIN OPTION FOR ", row);
                if (row.Options.Inherit && !options.Inherit) yield return Revoke(key.Member, key.Group, "INHERIT OPTION FOR ", row);
                if (row.Options.Set && !options.Set) yield return Revoke(key.Member, key.Group, "SET OPTION FOR ", row);
            }
        }
    }

    private IEnumerable<Edge> Wanted()
    {
        var full = new Options(Admin: false, Inherit: true, Set: true);
        if (_rules.OwnerRole is not { } owner)
        {
            // Whatever else the base is a member of reaches the clone through it.
            yield return new Edge(_rules.Twin, _rules.Base, full);
            yield break;
        }
        yield return new Edge(_rules.Base, owner, full);
        yield return new Edge(_rules.Twin, owner, full);
        foreach (var ((member, group), rows) in _rows)
        {
            if (member != _rules.Base || group == owner || group == _rules.Twin) continue;
            var options = rows.Select(row => row.Options).Aggregate(Options.Either);
            yield return new Edge(_rules.Twin, group, options);
            if (!_rules.IsSetUp) yield return new Edge(owner, group, options);
        }
    }

    private IEnumerable<PostgresChange> Lacking(Edge edge)
    {
        var present = _rows.GetValueOrDefault((edge.Member, edge.Group))?.Select(row => row.Options).Aggregate(Options.Either);
        var wanted = edge.Options;
        var isEnough = present is { } has
            && (has.Admin || !wanted.Admin) && (has.Inherit || !wanted.Inherit) && (has.Set || !wanted.Set);
        if (isEnough) yield break;
        var options = (_rules.HasMembershipOptions, wanted.Admin) switch
        {
            (true, _) => $" WITH ADMIN {Word(wanted.Admin)}, INHERIT {Word(wanted.Inherit)}, SET {Word(wanted.Set)}",
            (false, true) => " WITH ADMIN OPTION",
            (false, false) => "",
        };
        var right = $"membership of {edge.Member} in {edge.Group}{(wanted.Admin ? " with admin option" : "")}";
        yield return PostgresChange.Of(
            RightsChangeKind.Add, right, database: null,
            $"GRANT {SqlText.Name(edge.Group)} TO {SqlText.Name(edge.Member)}{options}");
    }

    /// <remarks>Since version 16 each membership is its grantor's, and only revoked as that.</remarks>
    private PostgresChange Revoke(string member, string group, string option, Row row)
    {
        var grantor = _rules.HasMembershipOptions && row.Grantor is not null ? $" GRANTED BY {row.Grantor}" : "";
        var what = option.Length == 0 ? "membership" : $"{option.Split(' ')[0].ToLowerInvariant()} option of the membership";
        return PostgresChange.Of(
            RightsChangeKind.Remove, $"{what} of {member} in {group}", database: null,
            $"REVOKE {option}{SqlText.Name(group)} FROM {SqlText.Name(member)}{grantor}");
    }

    private static string Word(bool value) => value ? "TRUE" : "FALSE";

    private sealed record Edge(string Member, string Group, Options Options);

    /// <param name="Grantor">Quoted; null for one who is gone.</param>
    private sealed record Row(Options Options, string? Grantor);

    private sealed record Options(bool Admin, bool Inherit, bool Set)
    {
        public static Options Either(Options one, Options other) =>
            new(one.Admin || other.Admin, one.Inherit || other.Inherit, one.Set || other.Set);
    }
}
