using System.Globalization;

namespace Rekey.Rotators.MySql;

/// <summary>
/// Whether another server is of the same replicated system: it follows this one, this one follows it, or this one holds its changes.
/// What the session may not read does not count.
/// </summary>
internal static class ServerKinship
{
    public static async Task<bool> IsKnownAsync(MySqlSession session, string otherIdentity, CancellationToken cancellationToken)
    {
        if (otherIdentity.Length == 0) return false;
        return session.Server.IsMariaDb
            ? await IsKnownToMariaDbAsync(session, otherIdentity, cancellationToken)
            : await IsKnownToMySqlAsync(session, otherIdentity, cancellationToken);
    }

    /// <summary>Identities are uuids.</summary>
    private static async Task<bool> IsKnownToMySqlAsync(MySqlSession session, string uuid, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(uuid, "D", out _)) return false;
        var executed = await AskAsync(session, "SELECT @@GLOBAL.gtid_executed", cancellationToken);
        if (executed.Exists(row => HoldsSource(row[0] ?? "", uuid))) return true;
        var isNew = session.Server.Version >= new Version(8, 0, 22);
        // The last column of both lists is the uuid of the follower.
        var followers = await AskAsync(session, isNew ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS", cancellationToken);
        if (followers.Exists(row => Same(row[^1], uuid))) return true;
        var sources = await AskAsync(
            session, "SELECT SOURCE_UUID FROM performance_schema.replication_connection_status", cancellationToken);
        return sources.Exists(row => Same(row[0], uuid));
    }

    /// <summary>Pure. A set is written uuid:1-5[:tag]:7, uuid: ...</summary>
    internal static bool HoldsSource(string gtidSet, string uuid) =>
        gtidSet.Split(',', StringSplitOptions.TrimEntries).Any(part => Same(part.Split(':')[0], uuid));

    /// <summary>
    /// Identities are host, port and server id. MariaDB's servers have no uuid, but within one replicated system a server id of their own.
    /// </summary>
    private static async Task<bool> IsKnownToMariaDbAsync(MySqlSession session, string identity, CancellationToken cancellationToken)
    {
        var parts = identity.Split(' ');
        var own = session.ServerIdentity.Split(' ');
        if (parts.Length != 3 || own.Length != 3 || parts[2] == own[2]) return false;
        var (port, id) = (parts[1], parts[2]);
        var changes = await AskAsync(session, "SELECT @@GLOBAL.gtid_binlog_state", cancellationToken);
        if (changes.Exists(row => HoldsServer(row[0] ?? "", id))) return true;
        var followers = await AskAsync(session, "SHOW SLAVE HOSTS", cancellationToken);
        return followers.Exists(row => row[0] == id && row[2] == port);
    }

    /// <summary>Pure. A state is written domain-server-sequence, ...</summary>
    internal static bool HoldsServer(string gtidState, string serverId) =>
        gtidState.Split(',', StringSplitOptions.TrimEntries).Any(part => part.Split('-') is [_, var id, _] && id == serverId
            && uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static async Task<List<List<string?>>> AskAsync(MySqlSession session, string query, CancellationToken cancellationToken)
    {
        try
        {
            return await session.QueryRowsAsync(query, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause is not (FailureCause.Network or FailureCause.Timeout))
        {
            return [];
        }
    }

    private static bool Same(string? one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
