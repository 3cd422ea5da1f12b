namespace Rekey.Rotators;

/// <summary>What the operator sets for all rotators of a server.</summary>
public sealed class RotatorOptions
{
    /// <summary>Path of a PEM file with the certificate authorities that sign database servers; null for the system's own list.</summary>
    public string? CaFile { get; init; }

    /// <summary>Path of MariaDB Connector/ODBC's library; null for where distributions put it.</summary>
    public string? OdbcMariaDbFile { get; init; }

    /// <summary>Told what operators should know of a step that succeeded. The text holds no secret.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Bound on reaching a server and logging in. 5 s is what AWS's templates allow.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bound on one statement, waiting for locks included.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
