using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Principals;

/// <summary>
/// Keeps rotations and upkeep of one account apart, over all secrets and nodes. A lock belongs to a secret. It ends with its lease, except
/// while the secret's rotation may have changed the account: then only the end of that rotation ends it. A superuser that only acts is
/// free between the attempts, so that a rotation which waits for a human does not keep it from its own.
/// </summary>
internal static class PrincipalLocks
{
    /// <summary>
    /// Takes them all or none; those that the secret holds already are renewed. Of none, because it cannot be told which they are, it keeps
    /// what the secret holds.
    /// </summary>
    /// <returns>The ARN of a secret that holds one of them; null when they were taken.</returns>
    public static string? Take(
        Session session, string secretArn, IReadOnlyCollection<Principal> principals, DateTimeOffset leaseUntil, DateTimeOffset now)
    {
        if (principals.Count == 0) return null;
        if (FindHolder(session, secretArn, principals, now) is { } holder) return holder;
        Release(session, secretArn);
        foreach (var principal in principals.DistinctBy(principal => principal.Name))
        {
            session.Execute(
                "INSERT INTO rotation_principals (principal, arn, exclusive, lease_until) VALUES (@principal, @arn, @exclusive, @until)",
                ("principal", principal.Name), ("arn", secretArn), ("exclusive", principal.IsExclusive), ("until", leaseUntil));
        }
        return null;
    }

    /// <summary>Lets the secret's locks go on until then.</summary>
    public static void Renew(Session session, string secretArn, DateTimeOffset leaseUntil) =>
        session.Execute(
            "UPDATE rotation_principals SET lease_until = @until WHERE arn = @arn", ("until", leaseUntil), ("arn", secretArn));

    /// <summary>Who has taken one of the secret's accounts meanwhile: a pause was longer than the lease; null when nobody has.</summary>
    public static string? FindLost(Session session, string secretArn, DateTimeOffset now)
    {
        var held = session.Query(
            "SELECT principal, exclusive FROM rotation_principals WHERE arn = @arn ORDER BY principal",
            row => new Principal(row.Text(0), row.Flag(1)), ("arn", secretArn));
        return FindHolder(session, secretArn, held, now);
    }

    /// <summary>No lock lasts longer than that, whatever a wrong clock said.</summary>
    public static void NotAfter(Session session, DateTimeOffset leaseUntil) =>
        session.Execute("UPDATE rotation_principals SET lease_until = @until WHERE lease_until > @until", ("until", leaseUntil));

    public static void Release(Session session, string secretArn) =>
        session.Execute("DELETE FROM rotation_principals WHERE arn = @arn", ("arn", secretArn));

    private static string? FindHolder(Session session, string secretArn, IEnumerable<Principal> principals, DateTimeOffset now) =>
        principals.Select(principal => FindHolder(session, secretArn, principal, now)).FirstOrDefault(holder => holder is not null);

    private static string? FindHolder(Session session, string secretArn, Principal principal, DateTimeOffset now) =>
        session.Find(
            "SELECT p.arn FROM rotation_principals p WHERE p.principal = @principal AND p.arn <> @arn "
            + "AND (p.exclusive = 1 OR @exclusive = 1) AND (p.lease_until > @now OR (p.exclusive = 1 "
            + "AND EXISTS (SELECT 1 FROM rotations r WHERE r.arn = p.arn AND r.pending_may_be_live = 1))) ORDER BY p.arn LIMIT 1",
            row => row.Text(0),
            ("principal", principal.Name), ("arn", secretArn), ("exclusive", principal.IsExclusive), ("now", now));
}
