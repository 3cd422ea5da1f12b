namespace Rekey.Rotators.Strategies;

/// <summary>
/// What must hold between the versions of a secret before a strategy touches a database. Texts are AWS's where it has one.
/// </summary>
internal static class VersionRules
{
    /// <summary>
    /// Refuses a pending version for another user than the expected one, or for another host, port or engine than Current's.
    /// </summary>
    public static void Demand(RotationRequest request, string expectedUsername)
    {
        var (current, pending) = (request.Current, request.Pending);
        if (pending.Username != expectedUsername)
        {
            throw Refused(expectedUsername == current.Username
                ? $"Attempting to modify user {pending.Username} other than current user {current.Username}"
                : $"Attempting to modify user {pending.Username} other than current user or clone {expectedUsername}");
        }
        if (!IsSameHost(pending.Host, current.Host))
        {
            throw Refused($"Attempting to modify user for host {pending.Host} other than current host {current.Host}");
        }
        if (pending.Port != current.Port)
        {
            throw Refused($"Attempting to modify user for port {pending.Port} other than current port {current.Port}");
        }
        if (pending.Engine != current.Engine)
        {
            throw Refused($"Attempting to modify user for engine {pending.Engine} other than current engine {current.Engine}");
        }
        DemandPinned(request);
    }

    /// <summary>Refuses a current version that aims elsewhere than rotation was enabled for.</summary>
    public static void DemandPinned(RotationSubject subject)
    {
        if (subject.Pin is not { } pin) return;
        var current = subject.Current;
        if (!IsSameHost(current.Host, pin.Host) || current.Port != pin.Port)
        {
            throw Refused(
                $"The secret names {current.Host}:{current.Port}, but its rotation was enabled for {pin.Host}:{pin.Port}. "
                    + "If the database has moved, enable rotation anew: RotateSecret with RotationLambdaARN");
        }
    }

    /// <summary>
    /// Refuses a current version for another user than the one that rotation was enabled for: with a superuser bound, whoever may write
    /// the value could have it take over any account of the server.
    /// </summary>
    public static void DemandPinnedUser(RotationSubject subject)
    {
        if (subject.Pin is not { } pin || subject.Current.Username == pin.Username) return;
        throw Refused(
            $"Attempting to modify user {subject.Current.Username} other than {pin.Username}, for whom rotation was enabled. "
                + "If that user is meant, enable rotation anew: RotateSecret with RotationLambdaARN");
    }

    /// <summary>True when the version names the same account with another password: only then may its password be tried.</summary>
    public static bool MayTry(DatabaseCredentials? candidate, DatabaseCredentials current) =>
        candidate is not null && IsSameAccount(candidate, current) && !candidate.Password.FixedTimeEquals(current.Password);

    public static bool IsSameAccount(DatabaseCredentials one, DatabaseCredentials other) =>
        one.Username == other.Username && one.Port == other.Port && IsSameHost(one.Host, other.Host);

    /// <summary>Host names know no case.</summary>
    public static bool IsSameHost(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
