using System.Runtime.CompilerServices;

namespace Rekey.Rotators.Strategies;

/// <summary>Logins that are entered in the subject's ledger. The strategies make no others.</summary>
internal static class LedgerLogins
{
    public static async Task<IAccountSession> LogInAsync(
        this IDatabaseLogin engine, RotationSubject subject, DatabaseCredentials credentials, CancellationToken cancellationToken) =>
        await EnterAsync(subject.Logins, credentials, () => engine.LogInAsync(credentials, cancellationToken));

    /// <summary>Takes its turn among those that use the superuser.</summary>
    public static async Task<IAdministratorSession> LogInAsync(
        this IDatabaseAdministration administration, RotationSubject subject, CancellationToken cancellationToken)
    {
        var superuser = subject.Superuser!;
        using var turn = subject.Logins is null ? null : await subject.Logins.TakeTurnAsync(superuser, cancellationToken);
        return await EnterAsync(subject.Logins, superuser, () => administration.LogInAsync(superuser, cancellationToken));
    }

    /// <summary>The engine's own diagnosis with Current, whose login is entered too.</summary>
    public static async IAsyncEnumerable<HopResult> DiagnoseAsync(
        this IDatabaseLogin engine, RotationSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var hop in engine.DiagnoseAsync(subject.Current, cancellationToken))
        {
            if (hop.Hop == "login" && subject.Logins is { } logins)
            {
                if (hop.Ok) await logins.LetInAsync(subject.Current);
                else if (hop.Cause == FailureCause.Auth) await logins.RefusedAsync(subject.Current);
            }
            yield return hop;
        }
    }

    private static async Task<TSession> EnterAsync<TSession>(
        LoginReport? logins, DatabaseCredentials credentials, Func<Task<TSession>> logIn)
    {
        TSession session;
        try
        {
            session = await logIn();
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Auth && logins is not null)
        {
            await logins.RefusedAsync(credentials);
            throw;
        }
        if (logins is not null) await logins.LetInAsync(credentials);
        return session;
    }
}
