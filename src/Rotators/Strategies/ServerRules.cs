namespace Rekey.Rotators.Strategies;

/// <summary>
/// Which server a rotation may change: the one it was enabled for, and the same one for the account and for the superuser.
/// </summary>
internal static class ServerRules
{
    /// <summary>Refuses a server that is neither the pinned one nor of its replicas.</summary>
    public static async Task DemandPinnedAsync(RotationSubject subject, IAccountSession session, CancellationToken cancellationToken)
    {
        if (subject.Pin is not { } pin || pin.ServerIdentity == session.ServerIdentity) return;
        if (await session.IsSameSystemAsync(pin.ServerIdentity, cancellationToken)) return;
        throw OtherServer(subject);
    }

    /// <inheritdoc cref="DemandPinnedAsync(RotationSubject, IAccountSession, CancellationToken)"/>
    public static async Task DemandPinnedAsync(
        RotationSubject subject, IAdministratorSession administrator, CancellationToken cancellationToken)
    {
        if (subject.Pin is not { } pin || pin.ServerIdentity == administrator.ServerIdentity) return;
        if (await administrator.IsSameSystemAsync(pin.ServerIdentity, cancellationToken)) return;
        throw OtherServer(subject);
    }

    /// <summary>Refuses a superuser that was logged in elsewhere than the account: it would change an account of another server.</summary>
    public static async Task DemandSameAsync(
        RotationSubject subject, IAccountSession account, IAdministratorSession administrator, CancellationToken cancellationToken)
    {
        if (account.ServerIdentity == administrator.ServerIdentity) return;
        if (await administrator.IsSameSystemAsync(account.ServerIdentity, cancellationToken)) return;
        throw new RotatorException(
            FailureCause.Precondition,
            $"Current database host {subject.Current.Host} is not the same host as/rds replica of master {subject.Superuser!.Host}");
    }

    private static RotatorException OtherServer(RotationSubject subject) => new(
        FailureCause.Precondition,
        $"Another server answers at {subject.Current.Host}:{subject.Current.Port} than the one this rotation was enabled for. "
            + "If that is meant to be, enable rotation anew: CancelRotateSecret, then RotateSecret with RotationLambdaARN");
}
