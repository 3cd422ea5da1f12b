using Rekey.Aws;

namespace Rekey.Rotators;

/// <summary>Where and as whom to log in, read from a secret's JSON. Not a record: it must not print its members.</summary>
public sealed class DatabaseCredentials
{
    /// <summary>The secret's <c>engine</c>, lower case as written: mysql, mariadb, postgres, aurora-mysql, ...</summary>
    public required string Engine { get; init; }

    public required string Host { get; init; }

    /// <summary>The secret's <c>port</c>, or the engine's default when absent.</summary>
    public required int Port { get; init; }

    public required string Username { get; init; }

    public required Sensitive Password { get; init; }

    /// <summary>The secret's <c>dbname</c>; null when absent or empty.</summary>
    public string? DatabaseName { get; init; }

    public required TlsMode Tls { get; init; }

    /// <summary>The secret's <c>masterarn</c>: which superuser secret its writer means. Null when absent or empty.</summary>
    public string? MasterArn { get; init; }

    /// <summary>The secret's <c>user_arn</c>, for engines whose users are named so; else null.</summary>
    public string? ResourceArn { get; init; }

    /// <summary>
    /// The secret's <c>credentialid</c>: the target's name for what the password is, where the target makes it. No secret; null when
    /// absent.
    /// </summary>
    public string? CredentialId { get; init; }

    /// <summary>The same credentials for another database of the server. Shares the password.</summary>
    public DatabaseCredentials WithDatabase(string? databaseName) => new()
    {
        Engine = Engine,
        Host = Host,
        Port = Port,
        Username = Username,
        Password = Password,
        Tls = Tls,
        MasterArn = MasterArn,
        ResourceArn = ResourceArn,
        CredentialId = CredentialId,
        DatabaseName = databaseName,
    };

    public override string ToString() => $"{Engine} user at {Host}:{Port}";
}

/// <summary>What a secret's <c>ssl</c> and the operator's settings ask of the connection (docs/compatibility.md, TLS).</summary>
public enum TlsMode
{
    /// <summary>TLS with the certificate chain and the host name verified. The default, also when <c>ssl</c> is absent.</summary>
    Verified,

    /// <summary><c>ssl</c> is false: no TLS.</summary>
    Plaintext,

    /// <summary>
    /// <c>ssl</c> is absent, the operator allows plaintext, and the server was never seen to speak TLS: verified TLS, else none.
    /// </summary>
    VerifiedOrPlaintext,
}
