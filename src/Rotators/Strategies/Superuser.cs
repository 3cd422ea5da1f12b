namespace Rekey.Rotators.Strategies;

/// <summary>Logging in with the superuser secret that is bound to a rotation. Texts are AWS's.</summary>
internal static class Superuser
{
    /// <summary>
    /// Opens the superuser's session and holds it to the rules: one engine family and one server with the account, the pinned one, an
    /// account
    /// that may be rotated.
    /// </summary>
    /// <param name="account">A session of the account; null when none could be had.</param>
    public static async Task<IAdministratorSession> LogInAsync(
        IDatabaseAdministration administration, RotationSubject subject, IAccountSession? account, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(administration, subject, cancellationToken);
        try
        {
            session.Heed(subject.Settings);
            if (account is not null) await ServerRules.DemandSameAsync(subject, account, session, cancellationToken);
            await ServerRules.DemandPinnedAsync(subject, session, cancellationToken);
            await session.DemandRotatableAsync(subject.Current.Username, cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private static async Task<IAdministratorSession> OpenAsync(
        IDatabaseAdministration administration, RotationSubject subject, CancellationToken cancellationToken)
    {
        try
        {
            return await administration.LogInAsync(subject, cancellationToken);
        }
        catch (RotatorException e)
        {
            throw Failures.Prefixed("Unable to log into database using credentials in master secret", e);
        }
    }
}
