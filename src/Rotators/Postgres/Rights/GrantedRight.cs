using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres.Rights;

/// <summary>One privilege on one object, of which GRANT and REVOKE are made.</summary>
/// <param name="Scope">What precedes the verb: empty, or <c>ALTER DEFAULT PRIVILEGES ... </c> with a space behind.</param>
/// <param name="Privilege">With the column, if it is one's: <c>SELECT ("price")</c>.</param>
/// <param name="Target">What follows ON.</param>
internal sealed record GrantedRight(string Scope, string Privilege, string Target)
{
    /// <summary>The privileges there are. Anything else is not put into a statement.</summary>
    private static readonly HashSet<string> Privileges =
    [
        "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN", "USAGE", "CREATE", "CONNECT", "TEMPORARY",
        "EXECUTE", "SET", "ALTER SYSTEM",
    ];

    /// <param name="privilege">As <c>aclexplode</c> names it.</param>
    public static string Demand(string privilege) => Privileges.Contains(privilege)
        ? privilege
        : throw new RotatorException(FailureCause.Other, "The server knows a kind of privilege that this version of Rekey does not.");

    public string Grant(string grantee, bool grantable) =>
        $"{Scope}GRANT {Privilege} ON {Target} TO {grantee}{(grantable ? " WITH GRANT OPTION" : "")}";

    public string Revoke(string grantee) => $"{Scope}REVOKE {Privilege} ON {Target} FROM {grantee}";

    public string RevokeOption(string grantee) => $"{Scope}REVOKE GRANT OPTION FOR {Privilege} ON {Target} FROM {grantee}";

    /// <summary>True for the same privilege on one column of the table that <paramref name="table"/> is about.</summary>
    public bool IsOnColumnOf(GrantedRight table) =>
        Target == table.Target && Scope == table.Scope && Privilege.StartsWith(table.Privilege + " (", StringComparison.Ordinal);

    public override string ToString() => $"{Scope}{Privilege} ON {Target}";
}

/// <summary>How a role holds a right.</summary>
/// <param name="IsGrantable">It may grant the right on.</param>
/// <param name="Grantors">Quoted names of roles other than the object's owner of whom it has the right; they alone can revoke it.</param>
internal sealed record RightHolding(bool IsGrantable, IReadOnlyList<RightGrantor> Grantors)
{
    public static RightHolding ByOwner(bool isGrantable) => new(isGrantable, [new RightGrantor(null, isGrantable)]);
}

/// <param name="Name">Quoted; null for the object's owner.</param>
internal sealed record RightGrantor(string? Name, bool IsGrantable);

/// <summary>The rights granted to one role by name, in one database.</summary>
internal sealed class RoleRights
{
    private readonly Dictionary<GrantedRight, RightHolding> _rights = [];

    public void Add(GrantedRight right, RightGrantor grantor)
    {
        var held = _rights.GetValueOrDefault(right, new RightHolding(false, []));
        _rights[right] = new RightHolding(held.IsGrantable || grantor.IsGrantable, [.. held.Grantors, grantor]);
    }

    /// <summary>
    /// What makes the rights of <paramref name="target"/> those of <paramref name="source"/>. What is too much comes first, because taking
    /// a privilege on a table takes it on the table's columns, too.
    /// </summary>
    /// <param name="grantee">Quoted name of the target.</param>
    /// <param name="database">See <see cref="PostgresChange.Database"/>.</param>
    /// <param name="lacking">Whether what the target lacks is of interest.</param>
    /// <param name="excess">Whether what it has too much is of interest.</param>
    public static IEnumerable<PostgresChange> Compare(
        RoleRights source, RoleRights target, string grantee, string? database, bool lacking = true, bool excess = true)
    {
        HashSet<GrantedRight> taken = [];
        foreach (var (right, held) in target._rights)
        {
            if (!excess) break;
            var wanted = source._rights.GetValueOrDefault(right);
            if (wanted is null)
            {
                taken.Add(right);
                yield return PostgresChange.Of(
                    RightsChangeKind.Remove, Named(right, held), database,
                    [.. held.Grantors.SelectMany(grantor => As(grantor, right.Revoke(grantee)))]);
            }
            else if (held.IsGrantable && !wanted.IsGrantable)
            {
                taken.Add(right);
                yield return PostgresChange.Of(
                    RightsChangeKind.Remove, $"grant option of {right}", database,
                    [.. held.Grantors.Where(grantor => grantor.IsGrantable)
                        .SelectMany(grantor => As(grantor, right.RevokeOption(grantee)))]);
            }
        }
        foreach (var (right, held) in source._rights)
        {
            if (!lacking) break;
            var isThere = target._rights.TryGetValue(right, out var has) && (has.IsGrantable || !held.IsGrantable);
            if (isThere && !taken.Any(right.IsOnColumnOf)) continue;
            yield return PostgresChange.Of(RightsChangeKind.Add, Named(right, held), database, right.Grant(grantee, held.IsGrantable));
        }
    }

    private static string Named(GrantedRight right, RightHolding held) => held.IsGrantable ? $"{right} with grant option" : $"{right}";

    /// <summary>A right can be revoked only by whom it was granted; a superuser counts as the object's owner.</summary>
    private static IEnumerable<string> As(RightGrantor grantor, string statement) => grantor.Name is null
        ? [statement]
        : [$"SET LOCAL ROLE {grantor.Name}", statement, "SET LOCAL ROLE NONE"];
}
