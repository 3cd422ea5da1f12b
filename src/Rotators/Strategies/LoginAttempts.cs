namespace Rekey.Rotators.Strategies;

/// <summary>The logins of one attempt of a step. Refused ones are counted and bounded, so that no server's lock-out is reached.</summary>
internal sealed class LoginAttempts(IDatabaseLogin engine, RotationSubject subject)
{
    /// <summary>Refused logins an attempt may cause.</summary>
    public const int RefusedMax = 2;

    public int Refused { get; private set; }

    /// <summary>The last refusal; null while there was none.</summary>
    public RotatorException? LastRefusal { get; private set; }

    public bool IsSpent => Refused >= RefusedMax;

    /// <summary>
    /// Logs in with the first of the candidates that the server lets in; null when it refused them, or as many as may be.
    /// </summary>
    public async Task<AccountLogin?> FindAsync(IEnumerable<DatabaseCredentials> candidates, CancellationToken cancellationToken)
    {
        foreach (var candidate in candidates)
        {
            // What led here was allowed one login; whether a further one may be refused too is the account's affair.
            if (IsSpent || (Refused > 0 && subject.Logins?.MayBeRefused(candidate) == false)) return null;
            if (await TryAsync(candidate, cancellationToken) is { } session) return new AccountLogin(session, candidate);
        }
        return null;
    }

    /// <summary>Null when the server refused the login, which is counted. Any other failure is thrown.</summary>
    public async Task<IAccountSession?> TryAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.LogInAsync(subject, credentials, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Auth)
        {
            Refused++;
            LastRefusal = e;
            return null;
        }
    }
}

/// <summary>A session and what it logged in with.</summary>
internal sealed record AccountLogin(IAccountSession Session, DatabaseCredentials Credentials) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Session.DisposeAsync();
}
