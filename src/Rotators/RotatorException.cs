namespace Rekey.Rotators;

/// <summary>Why a step failed, so that the runner knows whether a retry can help and the operator what to mend.</summary>
public enum FailureCause
{
    /// <summary>TLS could not be agreed on or the certificate was refused.</summary>
    Tls,

    /// <summary>The server could not be reached, or the connection broke.</summary>
    Network,

    /// <summary>The login was refused.</summary>
    Auth,

    /// <summary>The server's password rules refused the new password.</summary>
    Policy,

    /// <summary>The login works but may not do what the step needs.</summary>
    Privilege,

    /// <summary>The secret or its configuration does not allow the step: a missing key, another user or host, no current value.</summary>
    Precondition,

    /// <summary>The server did not answer in time.</summary>
    Timeout,

    /// <summary>Someone else changed the same account or label at the same time.</summary>
    Conflict,

    /// <summary>The server cannot serve just now: too many connections, starting up, read-only.</summary>
    Unavailable,

    /// <summary>Anything else; the native code tells.</summary>
    Other,
}

/// <summary>A failed step, classified. The message and codes are shown to operators and must be free of secrets.</summary>
public sealed class RotatorException(
    FailureCause cause, string message, string? sqlState = null, string? nativeCode = null, Exception? inner = null)
    : Exception(message, inner)
{
    public FailureCause Cause { get; } = cause;

    public string? SqlState { get; } = sqlState;

    public string? NativeCode { get; } = nativeCode;

    /// <summary>The key of the secret's JSON that is at fault; null when it is none of them.</summary>
    public string? SecretKey { get; init; }

    /// <summary>When the same call may succeed at the earliest, UTC; null when that is not known.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>True when it is certain that this call changed nothing on the target.</summary>
    public bool TargetUntouched { get; private init; }

    /// <summary>The same failure, known to have come before anything was changed.</summary>
    public RotatorException Untouched() => new(Cause, Message, SqlState, NativeCode, InnerException)
    {
        TargetUntouched = true,
        SecretKey = SecretKey,
        NotBefore = NotBefore,
    };

    /// <summary>True when the same call may succeed a little later without anyone's help.</summary>
    public bool IsTransient =>
        Cause is FailureCause.Network or FailureCause.Timeout or FailureCause.Conflict or FailureCause.Unavailable;
}
