using Rekey.Aws;

namespace Rekey.Rotators.Sql;

/// <summary>How one connection is made, beyond what the credentials say.</summary>
internal sealed record SqlRoute
{
    /// <summary>TLS with certificate and host name verified; else none at all.</summary>
    public required bool Tls { get; init; }

    /// <summary>Another database than the credentials'; null for theirs.</summary>
    public string? Database { get; init; }

    /// <summary>Oracle: the database is named as an instance (SID), not as a service.</summary>
    public bool IsInstance { get; init; }

    /// <summary>Db2: the login is to give the account this password.</summary>
    public Sensitive? Wanted { get; init; }
}
