using Rekey.Server.Storage;

namespace Rekey.Server.Webhooks;

/// <summary>An event on its way to one webhook.</summary>
/// <param name="EventId">A UUID; the same each time the event is sent.</param>
/// <param name="Endpoint">The webhook's number in the configuration.</param>
/// <param name="Arn">The secret that the event is about.</param>
/// <param name="Sequence">The place of the event among those of its secret.</param>
/// <param name="Body">JSON, as it is signed and sent.</param>
/// <param name="Attempt">Attempts that failed.</param>
internal sealed record WebhookMessage(
    string EventId, string Endpoint, string Arn, long Sequence, string Event, DateTimeOffset CreatedAt, string Body, int Attempt);

/// <summary>
/// All SQL of the outbox. What happens is put into it in the transaction in which it happens, so that nothing is told that did not, and
/// nothing is left out. Of one secret's events a webhook gets one after the other.
/// </summary>
internal static class WebhookOutbox
{
    private const string Columns = "event_id, endpoint, arn, sequence, event, created_at, body, attempt";

    private const string Key = "endpoint = @endpoint AND arn = @arn AND sequence = @sequence";

    /// <summary>No older event of the same secret waits for the same webhook.</summary>
    private const string IsNext =
        "NOT EXISTS (SELECT 1 FROM webhook_outbox p WHERE p.endpoint = o.endpoint AND p.arn = o.arn AND p.sequence < o.sequence)";

    /// <summary>The webhooks of the configuration take the place of those that were known; what waited for one that is gone goes.</summary>
    /// <returns>True.</returns>
    public static bool Register(Session session, IReadOnlyCollection<(string Endpoint, string Events)> endpoints)
    {
        foreach (var known in session.Query("SELECT endpoint FROM webhook_endpoints", row => row.Text(0)))
        {
            if (endpoints.Any(endpoint => endpoint.Endpoint == known)) continue;
            session.Execute("DELETE FROM webhook_endpoints WHERE endpoint = @endpoint", ("endpoint", known));
            session.Execute("DELETE FROM webhook_outbox WHERE endpoint = @endpoint", ("endpoint", known));
        }
        foreach (var (endpoint, events) in endpoints)
        {
            session.Execute(
                "INSERT INTO webhook_endpoints (endpoint, events) VALUES (@endpoint, @events) "
                + "ON CONFLICT (endpoint) DO UPDATE SET events = excluded.events",
                ("endpoint", endpoint), ("events", $",{events},"));
        }
        return true;
    }

    /// <summary>The webhooks that want an event of that name.</summary>
    public static List<string> Wanting(Session session, string eventName) => session.Query(
        "SELECT endpoint FROM webhook_endpoints WHERE events LIKE @pattern ORDER BY endpoint",
        row => row.Text(0), ("pattern", $"%,{eventName},%"));

    public static void Add(Session session, WebhookMessage message)
    {
        session.Execute(
            $"INSERT INTO webhook_outbox ({Columns}, due_at) VALUES (@id, @endpoint, @arn, @sequence, @event, @at, @body, 0, @at)",
            ("id", message.EventId), ("endpoint", message.Endpoint), ("arn", message.Arn), ("sequence", message.Sequence),
            ("event", message.Event), ("at", message.CreatedAt), ("body", message.Body));
        session.RingAfterCommit();
    }

    /// <summary>What may be sent now, longest waiting first.</summary>
    public static List<WebhookMessage> FindDue(Session session, DateTimeOffset now, int limit) => session.Query(
        $"SELECT {Columns} FROM webhook_outbox o WHERE due_at <= @now AND (lease_until IS NULL OR lease_until <= @now) AND {IsNext} "
        + "ORDER BY due_at, sequence LIMIT @limit",
        row => new WebhookMessage(
            row.Text(0), row.Text(1), row.Text(2), row.Number(3), row.Text(4), row.Time(5), row.Text(6), checked((int)row.Number(7))),
        ("now", now), ("limit", limit));

    /// <summary>When the next one may be sent; null when all are.</summary>
    public static DateTimeOffset? NextMoment(Session session) => session.Find(
        "SELECT MIN(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) FROM webhook_outbox o WHERE " + IsNext,
        row => row.TimeOrNull(0));

    /// <summary>False when another node is sending it, or it has arrived.</summary>
    public static bool Claim(Session session, WebhookMessage message, DateTimeOffset leaseUntil, DateTimeOffset now) =>
        session.Execute(
            $"UPDATE webhook_outbox SET lease_until = @until WHERE {Key} AND attempt = @attempt "
            + "AND (lease_until IS NULL OR lease_until <= @now)",
            [.. KeyOf(message), ("attempt", message.Attempt), ("until", leaseUntil), ("now", now)]) == 1;

    /// <summary>It has arrived, or is given up.</summary>
    public static bool Remove(Session session, WebhookMessage message) =>
        session.Execute($"DELETE FROM webhook_outbox WHERE {Key}", KeyOf(message)) == 1;

    public static bool Postpone(Session session, WebhookMessage message, DateTimeOffset until) =>
        session.Execute(
            $"UPDATE webhook_outbox SET attempt = attempt + 1, due_at = @until, lease_until = NULL WHERE {Key} AND attempt = @attempt",
            [.. KeyOf(message), ("attempt", message.Attempt), ("until", until)]) == 1;

    /// <summary>How many wait, by webhook.</summary>
    public static List<(string Endpoint, long Waiting)> CountWaiting(Session session) => session.Query(
        "SELECT e.endpoint, (SELECT COUNT(*) FROM webhook_outbox o WHERE o.endpoint = e.endpoint) FROM webhook_endpoints e "
        + "ORDER BY e.endpoint",
        row => (row.Text(0), row.Number(1)));

    private static (string, object?)[] KeyOf(WebhookMessage message) =>
        [("endpoint", message.Endpoint), ("arn", message.Arn), ("sequence", message.Sequence)];
}
