using Npgsql;
using Rekey.Rotators.Postgres;

namespace Rekey.Rotators.Redshift;

/// <summary>Refused changes as classes of causes, in words of our own.</summary>
internal static class RedshiftErrors
{
    public static RotatorException Of(Exception failure, DatabaseCredentials credentials)
    {
        if (failure is not PostgresException refusal) return PostgresErrors.FromStatement(failure, credentials);
        var (cause, text) = refusal.SqlState switch
        {
            PostgresErrorCodes.InsufficientPrivilege => (FailureCause.Privilege, "The session's user lacks a privilege for a change."),
            PostgresErrorCodes.UndefinedObject => (FailureCause.Precondition, "The server has no such user or object."),
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation =>
                (FailureCause.Conflict, "Somebody else changed the same users at the same time."),
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidParameterValue =>
                (FailureCause.Policy, "The server's password rules refuse the new password."),
            _ => (PostgresErrors.FromStatement(failure, credentials).Cause, "A change was refused."),
        };
        return new RotatorException(
            cause, $"{text} ({credentials.Host}:{credentials.Port}, {refusal.SqlState})", refusal.SqlState, refusal.SqlState);
    }
}
