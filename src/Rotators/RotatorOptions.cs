using Rekey.Rotators.ElastiCache;

namespace Rekey.Rotators;

/// <summary>What the operator sets for all rotators of a server.</summary>
public sealed class RotatorOptions
{
    /// <summary>Path of a PEM file with the certificate authorities that sign database servers; null for the system's own list.</summary>
    public string? CaFile { get; init; }

    /// <summary>Path of MariaDB Connector/ODBC's library; null for where distributions put it.</summary>
    public string? OdbcMariaDbFile { get; init; }

    /// <summary>
    /// Path of an ODBC driver for SQL Server: Microsoft's msodbcsql18, or FreeTDS's libtdsodbc for connections without TLS; null for where
    /// their packages put Microsoft's.
    /// </summary>
    public string? OdbcSqlServerFile { get; init; }

    /// <summary>
    /// Path of a PEM file with the certificate of the SQL Servers, which must then be exactly that one, in strict encryption (TDS 8.0: SQL
    /// Server 2022 and later); null for certificates that the system's authorities have signed.
    /// </summary>
    public string? SqlServerCertificateFile { get; init; }

    /// <summary>Path of Oracle Instant Client's ODBC library; null for where Oracle's packages put it.</summary>
    public string? OdbcOracleFile { get; init; }

    /// <summary>
    /// Folder of the wallet with the authorities that sign Oracle servers' certificates; null for the client's own setting.
    /// </summary>
    public string? OracleWalletFolder { get; init; }

    /// <summary>Path of IBM Data Server Driver's ODBC library; null for where IBM's installer puts it.</summary>
    public string? OdbcDb2File { get; init; }

    /// <summary>
    /// Full path of a folder that no other process uses, for what the clients of databases must find as files; null for a temporary one,
    /// which a process that is killed leaves behind.
    /// </summary>
    public string? ClientFolder { get; init; }

    /// <summary>Access to the ElastiCache API; null where there is none.</summary>
    public ElastiCacheOptions? ElastiCache { get; init; }

    /// <summary>Told what operators should know of a step that succeeded. The text holds no secret.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Bound on reaching a server and logging in. 5 s is what AWS's templates allow.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bound on one statement, waiting for locks included.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
