using Rekey.Rotators.Sql;

namespace Rekey.Rotators.SqlServer;

/// <summary>Which server and database answered, and whom it took the login for.</summary>
/// <param name="Server">SERVERPROPERTY('ServerName'); another one after a failover of RDS or of an availability group.</param>
/// <param name="Guid">The database's broker guid, made with it and carried along by replication; msdb's for master.</param>
/// <param name="IsReplicated">The database is in an availability group, or the server is RDS's, so that its host may change.</param>
/// <param name="IsContained">The login was checked by the database, not by the server.</param>
internal sealed record SqlServerIdentity(string Server, string Database, string Guid, bool IsReplicated, bool IsContained)
{
    private const string NoGuid = "00000000-0000-0000-0000-000000000000";

    /// <summary>What rotation is pinned to.</summary>
    public string Text => $"{Server} {Guid}";

    /// <summary>Asks the server, and refuses a login that it took for another account.</summary>
    public static async Task<SqlServerIdentity> ReadAsync(SqlSession session, string username, CancellationToken cancellationToken)
    {
        var row = await session.QueryRowAsync(
            "SELECT CONVERT(nvarchar(256), SERVERPROPERTY('ServerName')), DB_NAME(), CONVERT(nchar(36), d.service_broker_guid), "
                + "CONVERT(nchar(36), m.service_broker_guid), CASE WHEN d.replica_id IS NULL AND DB_ID(N'rdsadmin') IS NULL THEN 0 ELSE 1 "
                + $"END, s.authenticating_database_id, CASE WHEN ORIGINAL_LOGIN() = {SqlServerText.Literal(username)} THEN 1 ELSE 0 END "
                + "FROM sys.databases AS d LEFT JOIN sys.databases AS m ON m.name = N'msdb' "
                + "JOIN sys.dm_exec_sessions AS s ON s.session_id = @@SPID WHERE d.database_id = DB_ID()",
            cancellationToken)
            ?? throw new RotatorException(FailureCause.Privilege, "The account may not see its own session or database");
        var isContained = row[5] is not ("1" or "0" or null);
        if (!isContained && row[6] != "1")
        {
            throw new RotatorException(FailureCause.Precondition, $"The server took the login of {username} for another account");
        }
        var guid = row[2]?.Trim() is { } own && own != NoGuid ? own : row[3]?.Trim() ?? NoGuid;
        return new SqlServerIdentity(row[0] ?? "", row[1] ?? "", guid.ToUpperInvariant(), row[4] == "1", isContained);
    }

    /// <summary>
    /// Whether the identity is that of another host of the same database. A guid alone would not do: a restored backup has it too.
    /// </summary>
    public bool IsSameSystem(string other) =>
        IsReplicated && Guid != NoGuid && other.Split(' ') is [_, var guid] && guid == Guid;
}
