using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>Security labels of roles: extensions decide by them, for example whose queries see masked data.</summary>
internal sealed class RoleLabels
{
    private const string Query =
        """
        SELECT r.rolname::text, l.provider, l.label FROM pg_catalog.pg_shseclabel l
        JOIN pg_catalog.pg_roles r ON r.oid = l.objoid AND r.rolname::text IN ($1, $2, $3)
        WHERE l.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
        """;

    private readonly Dictionary<(string Role, string Provider), string> _labels = [];

    public static async Task<RoleLabels> ReadAsync(PostgresConnection connection, CloneRules rules, CancellationToken cancellationToken)
    {
        var labels = new RoleLabels();
        var rows = await connection.QueryAsync(
            Query, rules.Roles, row => ((row.GetString(0), row.GetString(1)), row.GetString(2)), cancellationToken);
        foreach (var (key, label) in rows) labels._labels[key] = label;
        return labels;
    }

    public IEnumerable<PostgresChange> Compare(CloneRules rules)
    {
        foreach (var ((role, provider), label) in _labels)
        {
            if (role == rules.Base)
            {
                if (_labels.GetValueOrDefault((rules.Twin, provider)) != label)
                    yield return Label(RightsChangeKind.Add, rules.Twin, provider, label);
                if (rules is { OwnerRole: { } owner, IsSetUp: false } && _labels.GetValueOrDefault((owner, provider)) != label)
                    yield return Label(RightsChangeKind.Add, owner, provider, label);
            }
            else if (role == rules.Twin && !_labels.ContainsKey((rules.Base, provider)))
            {
                yield return Label(RightsChangeKind.Remove, rules.Twin, provider, null);
            }
        }
    }

    private static PostgresChange Label(RightsChangeKind kind, string role, string provider, string? label) => PostgresChange.Of(
        kind, $"security label of {provider} on {role}", database: null,
        $"SECURITY LABEL FOR {SqlText.Name(provider)} ON ROLE {SqlText.Name(role)} IS "
            + (label is null ? "NULL" : SqlText.Literal(label)));
}
