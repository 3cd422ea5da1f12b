using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using Rekey.Aws;

namespace Rekey.Rotators.Postgres;

/// <summary>
/// Driver and server failures as classes of causes. Texts are for operators and hold no secret: driver exceptions are not passed on, since
/// they may carry a statement.
/// </summary>
internal static class PostgresErrors
{
    private const int ServerTextLengthMax = 300;

    // Not among the driver's names.
    private const string InvalidGrantOperation = "0LP01";
    private const string IdleInTransactionTimeout = "25P03";
    private const string TransactionTimeout = "25P04";

    // Functions of the server's source in which an error arose. Unlike its text they are the same in every language.
    private const string HostRules = "ClientAuthentication";
    private const string AuthenticationRefused = "auth_failed";
    private const string SessionUser = "InitializeSessionUserId";

    /// <summary>A login that failed at the point it had come to.</summary>
    public static RotatorException FromLogin(Exception failure, DatabaseCredentials credentials, bool encrypted, LoginProgress progress) =>
        failure switch
        {
            RotatorException known => known,
            // PgBouncer's way to refuse a password.
            PostgresException { SqlState: PostgresErrorCodes.ProtocolViolation } refusal when progress == LoginProgress.PasswordAsked =>
                Classified(FailureCause.Auth, refusal, credentials, "The password was refused. "),
            PostgresException refusal => FromRefusal(refusal, credentials, encrypted),
            NpgsqlException { InnerException: AuthenticationException } =>
                new RotatorException(FailureCause.Tls, $"The certificate of {At(credentials)} was refused."),
            NpgsqlException { InnerException: null } when encrypted && progress == LoginProgress.Begun =>
                new RotatorException(FailureCause.Tls, $"The server at {At(credentials)} does not speak TLS, which the secret asks for."),
            NpgsqlException { InnerException: null } =>
                new RotatorException(FailureCause.Auth, $"The login at {At(credentials)} broke off: the server broke its protocol."),
            _ => FromSocket(failure, credentials),
        };

    /// <summary>A connection that could not be made or broke.</summary>
    public static RotatorException FromSocket(Exception failure, DatabaseCredentials credentials)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain })
                return new RotatorException(FailureCause.Network, $"The host name {credentials.Host} does not resolve.");
            if (cause is TimeoutException or OperationCanceledException)
                return new RotatorException(FailureCause.Timeout, $"The server at {At(credentials)} did not answer in time.");
            if (cause is SocketException socket)
                return new RotatorException(FailureCause.Network, $"No connection to {At(credentials)}: {socket.Message}.");
            // The latter when a connection is used again after it broke.
            if (cause is IOException or InvalidOperationException)
                return new RotatorException(FailureCause.Network, $"The connection to {At(credentials)} broke.");
        }
        return new RotatorException(FailureCause.Other, $"The connection to {At(credentials)} failed ({failure.GetType().Name}).");
    }

    /// <summary>A statement that failed on an open connection.</summary>
    public static RotatorException FromStatement(Exception failure, DatabaseCredentials credentials) => failure switch
    {
        RotatorException known => known,
        PostgresException refusal => Classified(CauseOf(refusal), refusal, credentials, ""),
        _ => FromSocket(failure, credentials),
    };

    /// <summary>Another transaction changed the same role at the same time: "tuple concurrently updated".</summary>
    public static bool IsCollision(PostgresException refusal) =>
        refusal is { SqlState: PostgresErrorCodes.InternalError, Routine: "simple_heap_update" or "simple_heap_delete" };

    /// <summary>A refused ALTER ROLE: what is wrong with its arguments can only be the password.</summary>
    public static RotatorException FromPasswordChange(PostgresException refusal, DatabaseCredentials credentials, Sensitive wanted)
    {
        if (refusal.MessageText.Contains(wanted.RevealText(), StringComparison.Ordinal))
        {
            return new RotatorException(FailureCause.Policy, $"{At(credentials)} refuses the new password ({refusal.SqlState}).",
                refusal.SqlState, refusal.SqlState);
        }
        if (refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return Classified(FailureCause.Privilege, refusal, credentials,
                "The user may not change its own password. On Amazon RDS rds.restrict_password_commands forbids it: grant rds_password. ");
        }
        if (IsCollision(refusal)) return Classified(FailureCause.Conflict, refusal, credentials, "");
        // Password rules are extensions, and each picks its own code.
        return refusal.SqlState[..2] is "22" or "23" or "28" or "0A" or "P0" or "XX"
            ? Classified(FailureCause.Policy, refusal, credentials, "The server's password rules refuse the new password. ")
            : FromStatement(refusal, credentials);
    }

    /// <summary>A refused change of a superuser's. The text is ours: the server's own quotes names and values of the statement.</summary>
    public static RotatorException FromAdministration(Exception failure, DatabaseCredentials credentials)
    {
        if (failure is not PostgresException refusal) return FromStatement(failure, credentials);
        var (cause, text) = refusal.SqlState switch
        {
            PostgresErrorCodes.InsufficientPrivilege => (FailureCause.Privilege,
                "The superuser secret's role lacks a privilege that making the clone equal needs. Since PostgreSQL 16 CREATEROLE "
                    + "alone does not do: GRANT the base role TO it WITH ADMIN OPTION, or use a superuser."),
            PostgresErrorCodes.DependentObjectsStillExist => (FailureCause.Privilege,
                "The clone has granted a right on that it has too much, so the right cannot be taken from it. Revoke what it granted."),
            InvalidGrantOperation => (FailureCause.Privilege, "A right of the pair cannot be granted or revoked."),
            // Somebody made or dropped the same thing meanwhile: the next attempt finds it as it is.
            PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UndefinedObject
                or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedFunction
                or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidCatalogName =>
                (FailureCause.Conflict, "Roles or objects changed while the clone was being made equal."),
            _ when IsCollision(refusal) => (FailureCause.Conflict, "Another transaction changed the same role at the same time."),
            _ => (CauseOf(refusal), "A statement that was to make the clone equal failed."),
        };
        return new RotatorException(cause, $"{text} ({At(credentials)}, {refusal.SqlState})", refusal.SqlState, refusal.SqlState);
    }

    /// <summary>A refused ALTER ROLE of a superuser's, of another role's password.</summary>
    public static RotatorException FromForeignPassword(Exception failure, DatabaseCredentials credentials, Sensitive wanted)
    {
        if (failure is not PostgresException refusal) return FromStatement(failure, credentials);
        if (refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return new RotatorException(FailureCause.Privilege,
                "The superuser secret's role may not set this password. It needs CREATEROLE, since PostgreSQL 16 ADMIN OPTION on the role, "
                    + $"and on Amazon RDS rds_password. ({At(credentials)}, {refusal.SqlState})", refusal.SqlState, refusal.SqlState);
        }
        if (refusal.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            return new RotatorException(
                FailureCause.Precondition, $"The server has no such role. ({At(credentials)}, {refusal.SqlState})", refusal.SqlState,
                refusal.SqlState);
        }
        return FromPasswordChange(refusal, credentials, wanted);
    }

    private static RotatorException FromRefusal(PostgresException refusal, DatabaseCredentials credentials, bool encrypted) =>
        (refusal.SqlState, refusal.Routine) switch
        {
            (PostgresErrorCodes.InvalidPassword, _) => Classified(FailureCause.Auth, refusal, credentials,
                "The server refused the password; it also does so when the user does not exist or VALID UNTIL is over. "),
            (PostgresErrorCodes.InvalidAuthorizationSpecification, HostRules) when !encrypted =>
                Classified(FailureCause.Tls, refusal, credentials,
                    "pg_hba.conf lets this user in over TLS only, or not from here at all. Set ssl to true in the secret, or add a line. "),
            (PostgresErrorCodes.InvalidAuthorizationSpecification, HostRules) => Classified(FailureCause.Precondition, refusal, credentials,
                "pg_hba.conf does not let this user in from here. Add a line for it. "),
            (PostgresErrorCodes.InvalidAuthorizationSpecification, AuthenticationRefused) =>
                Classified(FailureCause.Precondition, refusal, credentials,
                    "The server checks this user against something else than its password. "),
            (PostgresErrorCodes.InvalidAuthorizationSpecification, SessionUser) =>
                Classified(FailureCause.Precondition, refusal, credentials, "The user does not exist or may not log in (NOLOGIN). "),
            (PostgresErrorCodes.InvalidAuthorizationSpecification, _) => Classified(FailureCause.Auth, refusal, credentials, ""),
            (PostgresErrorCodes.InvalidCatalogName, _) => Classified(FailureCause.Precondition, refusal, credentials,
                "The password is right, the secret's dbname is not. "),
            (PostgresErrorCodes.TooManyConnections, _) => Classified(FailureCause.Unavailable, refusal, credentials,
                "A rotation needs a second connection beside its first. "),
            _ => Classified(CauseOf(refusal), refusal, credentials, ""),
        };

    private static FailureCause CauseOf(PostgresException refusal) => refusal.SqlState switch
    {
        PostgresErrorCodes.QueryCanceled => FailureCause.Timeout,
        PostgresErrorCodes.LockNotAvailable => FailureCause.Conflict,
        PostgresErrorCodes.InsufficientPrivilege => FailureCause.Privilege,
        PostgresErrorCodes.ReadOnlySqlTransaction => FailureCause.Unavailable,
        IdleInTransactionTimeout or TransactionTimeout => FailureCause.Timeout,
        _ => refusal.SqlState[..2] switch
        {
            "08" => FailureCause.Network,
            "40" => FailureCause.Conflict,
            "53" or "57" => FailureCause.Unavailable,
            "28" => FailureCause.Auth,
            _ => FailureCause.Other,
        },
    };

    private static RotatorException Classified(
        FailureCause cause, PostgresException refusal, DatabaseCredentials credentials, string meaning) =>
        new(cause, $"{meaning}{At(credentials)} says: {ServerText(refusal, credentials)}", refusal.SqlState, refusal.SqlState);

    /// <summary>The server's own words, bounded, on one line, and without the password should it have been echoed.</summary>
    private static string ServerText(PostgresException refusal, DatabaseCredentials credentials)
    {
        var text = refusal.MessageText;
        if (credentials.Password.Length > 0)
            text = text.Replace(credentials.Password.RevealText(), Sensitive.Mask, StringComparison.Ordinal);
        var line = string.Concat(text.Take(ServerTextLengthMax).Select(letter => char.IsControl(letter) ? ' ' : letter));
        return $"{line} ({refusal.SqlState})";
    }

    private static string At(DatabaseCredentials credentials) => $"{credentials.Host}:{credentials.Port}";
}
