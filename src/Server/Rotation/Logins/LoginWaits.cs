using System.Globalization;
using Rekey.Rotators;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Logins;

/// <summary>
/// Work that waits because a server refused one of its accounts too often, as calls inside the transaction that puts it off or lets it go
/// on. All SQL of <c>login_waits</c>.
/// </summary>
internal static class LoginWaits
{
    public const string RotationWork = "Rotation";

    /// <summary>Whether work of the secret has to wait, which is remembered.</summary>
    /// <returns>Until when and for which account; null when it may begin.</returns>
    public static LoginWait? Begin(
        Session session, string secretArn, string work, IReadOnlyCollection<Principal> principals, RotationOptions options,
        DateTimeOffset now)
    {
        session.Execute("DELETE FROM login_waits WHERE arn = @arn AND work = @work", ("arn", secretArn), ("work", work));
        var superuserArn = RotationConfigurations.Of(session, secretArn).SuperuserArn;
        LoginWait? longest = null;
        foreach (var principal in principals)
        {
            if (LoginRefusals.Find(session, principal.Name) is not { } refusal) continue;
            var decision = LoginRefusals.DecisionOn(session, secretArn, principal.IsExclusive ? null : superuserArn);
            var allowed = LoginBudget.Of(refusal, decision, options.MaxRefusedLoginsInARow, now).Until;
            if (!principal.IsExclusive && superuserArn is not null)
                allowed ??= OwnersTurn(session, superuserArn, LoginBudget.RestEnds(refusal, options.MaxRefusedLoginsInARow), now);
            if (allowed is { } until && !(until <= longest?.Until)) longest = new LoginWait(refusal, until);
        }
        if (longest is null) return null;
        session.Execute(
            "INSERT INTO login_waits (arn, work, principal, wait_until) VALUES (@arn, @work, @principal, @until)",
            ("arn", secretArn), ("work", work), ("principal", longest.Refusal.Principal), ("until", longest.Until));
        return longest;
    }

    /// <summary>
    /// The one login after a rest is for finding out which password a superuser has, where that is due, and for those who would only use
    /// the superuser an hour later.
    /// </summary>
    /// <returns>Until when they wait; null when they need not.</returns>
    private static DateTimeOffset? OwnersTurn(Session session, string superuserArn, DateTimeOffset? restEnds, DateTimeOffset now)
    {
        var turnEnds = restEnds + LoginBudget.FirstPause;
        if (!(restEnds <= now && now < turnEnds)) return null;
        var isDue = RotationRows.Find(session, superuserArn) is { } rotation
            && (rotation.State != RotationState.Parked || rotation.PendingMayBeLive)
            && (rotation.Owner is not null || rotation.NotBefore < turnEnds);
        isDue |= UpkeepRows.Find(session, superuserArn, UpkeepKind.Heal) is { } task && (task.Owner is not null || task.DueAt < turnEnds);
        return isDue ? turnEnds : null;
    }

    /// <summary>The server let the account in: what waits for it goes on.</summary>
    /// <param name="exceptArn">A secret whose work goes on by itself; null for none.</param>
    /// <param name="session">The transaction.</param>
    /// <param name="principal">The account.</param>
    /// <param name="now">When.</param>
    public static void LetIn(Session session, string principal, string? exceptArn, DateTimeOffset now) =>
        Wake(session, "principal = @key AND arn <> @except", principal, exceptArn ?? "", now);

    /// <summary>
    /// A human stored a value of the secret or started its rotation: its work goes on, and so does that of the secrets whose superuser's
    /// it is.
    /// </summary>
    public static void Decided(Session session, string secretArn, DateTimeOffset now)
    {
        if (!LoginRefusals.Decide(session, secretArn, now)) return;
        Wake(
            session, "(arn = @key OR arn IN (SELECT c.arn FROM rotation_configurations c WHERE c.superuser_arn = @key)) AND arn <> @except",
            secretArn, "", now);
    }

    /// <summary>
    /// A value of the secret was stored by hand. Where it is a superuser's, what ended in its refusal is begun again.
    /// </summary>
    public static void Stored(Session session, string superuserArn, DateTimeOffset now)
    {
        Decided(session, superuserArn, now);
        var users = session.Query(
            "SELECT arn FROM rotation_configurations WHERE superuser_arn = @arn ORDER BY arn", row => row.Text(0), ("arn", superuserArn));
        foreach (var arn in users)
        {
            if (RotationRows.Find(session, arn) is { State: RotationState.Parked, Cause: FailureCause.Auth } parked
                && SecretStore.FindByArn(session, arn) is { IsScheduledForDeletion: false } secret)
            {
                RotationStart.Redrive(session, secret, parked.VersionId, now);
            }
            foreach (var task in UpkeepRows.Of(session, arn))
            {
                if (task is { IsParked: true, Cause: FailureCause.Auth }) UpkeepRows.Schedule(session, arn, task.Kind, now);
            }
        }
    }

    private static void Wake(Session session, string which, string key, string except, DateTimeOffset now)
    {
        var waits = session.Query(
            $"SELECT arn, work, wait_until FROM login_waits WHERE {which} ORDER BY arn, work",
            row => (Arn: row.Text(0), Work: row.Text(1), Until: row.Time(2)), ("key", key), ("except", except));
        foreach (var (arn, work, until) in waits)
        {
            // What has been put off for another reason since stays put off.
            if (work == RotationWork)
                session.Execute(
                    "UPDATE rotations SET not_before = @now WHERE arn = @arn AND owner IS NULL AND not_before = @until",
                    ("now", now), ("arn", arn), ("until", until));
            else
                session.Execute(
                    "UPDATE rotation_upkeep SET due_at = @now WHERE arn = @arn AND kind = @kind AND owner IS NULL AND due_at = @until",
                    ("now", now), ("arn", arn), ("kind", work), ("until", until));
            session.Execute("DELETE FROM login_waits WHERE arn = @arn AND work = @work", ("arn", arn), ("work", work));
        }
    }
}

/// <summary>Until when work waits, and for which account.</summary>
internal sealed record LoginWait(LoginRefusal Refusal, DateTimeOffset Until)
{
    public string Message => Explain(Refusal, Until);

    /// <summary>For people: why no login is tried, and what to do.</summary>
    public static string Explain(LoginRefusal refusal, DateTimeOffset until) =>
        $"The server refused {refusal.Count} logins in a row of {refusal.Principal}. More could lock the account: it is next tried at "
        + $"{until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}. Storing the right value in the secret "
        + "that holds its password, or RotateSecret, tries at once.";
}
