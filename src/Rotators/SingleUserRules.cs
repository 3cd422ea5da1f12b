namespace Rekey.Rotators;

/// <summary>What must hold between the versions of a secret before the single-user strategy touches a database. Texts are AWS's.</summary>
internal static class SingleUserRules
{
    /// <summary>Refuses a pending version for another user, host, port or engine: a secret's writer may not aim elsewhere.</summary>
    public static void Demand(RotationRequest request)
    {
        var (current, pending) = (request.Current, request.Pending);
        if (pending.Username != current.Username)
        {
            throw Refused($"Attempting to modify user {pending.Username} other than current user {current.Username}");
        }
        if (!IsSameHost(pending, current))
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
    }

    /// <summary>True when the previous version names the same account: only then may its password be tried.</summary>
    public static bool MayTryPrevious(RotationRequest request) =>
        request.Previous is { } previous
        && previous.Username == request.Current.Username
        && previous.Port == request.Current.Port
        && IsSameHost(previous, request.Current)
        && !previous.Password.FixedTimeEquals(request.Current.Password);

    /// <summary>Host names know no case.</summary>
    private static bool IsSameHost(DatabaseCredentials one, DatabaseCredentials other) =>
        one.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase);

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
