using Rekey.Server.Tests.Fakes;

namespace Rekey.Server.Tests.Simulation;

/// <summary>V8: no password is in what operators read.</summary>
internal static class Disclosure
{
    public static void Check(Simulation simulation, LogCollector logs)
    {
        var told = simulation.World.Store.Read(session => string.Join('\n',
        [
            .. session.Query(
                "SELECT COALESCE(cause, '') || COALESCE(message, '') || COALESCE(sql_state, '') || COALESCE(native_code, '') "
                + "FROM rotation_events",
                row => row.Text(0)),
            .. session.Query("SELECT COALESCE(cause_message, '') FROM rotations", row => row.Text(0)),
            .. session.Query("SELECT COALESCE(cause_message, '') FROM rotation_upkeep", row => row.Text(0)),
            .. session.Query(
                "SELECT COALESCE(error_message, '') || COALESCE(detail, '') || COALESCE(request_id, '') FROM audit_events",
                row => row.Text(0)),
        ]));
        var text = string.Join('\n', told, logs.Text);
        if (simulation.Prober.Views.Passwords.Any(password => text.Contains(password, StringComparison.Ordinal)))
            simulation.Violate("V8: a password is in the events, the audit or the log.");
    }
}
