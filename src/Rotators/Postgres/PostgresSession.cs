using System.Globalization;
using Npgsql;
using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres;

/// <summary>A logged-in role that can change its own password.</summary>
internal sealed class PostgresSession(
    PostgresLogin login, PostgresConnection connection, PostgresAccount account, DatabaseCredentials credentials) : IAccountSession
{
    /// <summary>How often a change that collided with another one of the same role is made again.</summary>
    private const int CollisionsMax = 5;

    /// <summary>Iterations before the setting existed (version 16), and its default since.</summary>
    public const int DefaultIterations = 4096;

    /// <summary>Bounds what a server can make us compute to about 1 s. A verifier may have fewer than the server's default.</summary>
    public const int IterationsMax = 1_000_000;

    private static readonly TimeSpan CollisionPause = TimeSpan.FromMilliseconds(50);

    private PostgresConnection _connection = connection;
    private VerifierMode _verifier;

    public string ServerIdentity => account.ServerIdentity;

    public PostgresAccount Account => account;

    public PasswordExchange Exchange => _connection.Exchange;

    /// <summary>MD5 where the server is set to it, unless SCRAM is in use already: then it may be all that pg_hba.conf lets in.</summary>
    public bool UsesMd5 => account.PasswordEncryption != "scram-sha-256" && _connection.Exchange != PasswordExchange.Scram;

    public void Heed(RotationSettings settings) => _verifier = settings.Verifier;

    public IAccountPasswords Passwords => new OnePassword(
        (present, wanted, stop) => ChangePasswordAsync(present!, wanted, stop), "ALTER ROLE SESSION_USER PASSWORD '***'");

    public async Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.ReadAsync(open => PostgresPasswordRules.ReadAsync(open, cancellationToken), cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.FromStatement(e, credentials);
        }
    }

    /// <remarks>
    /// Physical replicas share their primary's identifier. A session that may not read the identifier knows the server by its address.
    /// </remarks>
    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        Task.FromResult(otherIdentity == account.Address);

    /// <summary>
    /// Atomic and isolated: 1. ALTER ROLE, not committed, holds the role against every other change in the cluster. 2. While it is held, a
    /// login with the present password proves that nobody changed it since this session logged in. 3. Commit.
    /// Errors: Conflict when somebody did, or the role is held by another transaction; Policy; Privilege; Unavailable on a replica.
    /// </summary>
    public async Task ChangePasswordAsync(Sensitive present, Sensitive wanted, CancellationToken cancellationToken)
    {
        DemandChangeable();
        var stored = StoredForm(wanted);
        // No proof when an old password is put back, since the present one is then what the server refuses, and none for a role of one
        // connection: it is this session's, and keeps every other rotation out.
        var isProvable = _connection.Exchange != PasswordExchange.None && account.ConnectionLimit != 1
            && present.FixedTimeEquals(credentials.Password);
        if (_verifier == VerifierMode.Plain)
        {
            PlaintextChange.DemandFit(PlaintextChange.IsFit(_connection, credentials));
            await ChangeInPlainAsync();
            return;
        }
        try
        {
            // SESSION_USER stands for the role itself: no name to quote, and the right one whatever role its settings switched to.
            await ChangeAsync(
                new Change(stop => _connection.ExecuteAsync($"ALTER ROLE SESSION_USER PASSWORD '{stored}'", stop), wanted, isProvable),
                cancellationToken);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Policy && PlaintextChange.IsFit(_connection, credentials))
        {
            await ReconnectAsync(cancellationToken);
            await ChangeInPlainAsync();
            login.Options.Notice?.Invoke(
                $"The password rules of {credentials.Host}:{credentials.Port} take no verifier ({e.SqlState}), so the new password of " +
                $"{credentials.Username} was sent to the server itself, kept out of its log.");
        }

        Task ChangeInPlainAsync() => ChangeAsync(
            new Change(
                stop => PlaintextChange.RunAsync(_connection, "ALTER ROLE SESSION_USER", wanted, UsesMd5, stop), wanted, isProvable),
            cancellationToken);
    }

    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.ExecuteAsync("SELECT pg_catalog.now()", cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.FromStatement(e, credentials);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Refuses, before anything is touched, what cannot end well.</summary>
    public void DemandChangeable()
    {
        if (account.IsReplica)
        {
            throw new RotatorException(FailureCause.Unavailable,
                $"{credentials.Host}:{credentials.Port} is a read-only replica. Put the primary's name into the secret's host.");
        }
        if (account.AuthenticatedBy is "ldap" or "pam" or "radius" or "bsd" or "oauth")
        {
            throw new RotatorException(FailureCause.Precondition,
                $"The server checks this user by {account.AuthenticatedBy}; a password set in the database would not be asked for.");
        }
        if (account.IsForbiddenByRds)
        {
            throw new RotatorException(FailureCause.Privilege,
                "rds.restrict_password_commands keeps users from changing their own passwords. Grant rds_password to this one.");
        }
        if (account.IsExpired)
        {
            throw new RotatorException(FailureCause.Precondition,
                $"The role's passwords are void since {account.ValidUntil} (VALID UNTIL), the new one would be too. Move that date.");
        }
    }

    private string StoredForm(Sensitive password) => UsesMd5
        ? StoredPassword.Md5(password, account.Name)
        : StoredPassword.Scram(password, Math.Clamp(account.ScramIterations ?? DefaultIterations, 1, IterationsMax));

    /// <param name="Alter">Runs inside the transaction.</param>
    /// <param name="IsProvable">Whether a login with the present password says anything.</param>
    private sealed record Change(Func<CancellationToken, Task> Alter, Sensitive Wanted, bool IsProvable);

    private async Task ChangeAsync(Change change, CancellationToken cancellationToken)
    {
        for (var collisions = 1; !await TryChangeAsync(change, collisions == CollisionsMax, cancellationToken); collisions++)
        {
            await Task.Delay(CollisionPause * collisions, login.Time, cancellationToken);
            await ReconnectAsync(cancellationToken);
        }
    }

    /// <summary>False when the change collided with another one and may be tried again.</summary>
    private async Task<bool> TryChangeAsync(Change change, bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.ExecuteAsync(Preparation(), cancellationToken);
            await change.Alter(cancellationToken);
            if (change.IsProvable) await ProveAsync(cancellationToken);
            // Not cancellable: whether the change was made must not be left open by a stop.
            await _connection.ExecuteAsync("COMMIT", CancellationToken.None);
            return true;
        }
        catch (Exception e)
        {
            await RollBackAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is not PostgresException refusal) throw PostgresErrors.FromStatement(e, credentials);
            if (PostgresErrors.IsCollision(refusal) && !isLast) return false;
            throw PostgresErrors.FromPasswordChange(refusal, credentials, change.Wanted);
        }
    }

    /// <summary>Opens the transaction and takes away what settings of the role could do to it.</summary>
    private string Preparation()
    {
        var milliseconds = login.Options.CommandTimeout.TotalMilliseconds;
        return string.Create(CultureInfo.InvariantCulture,
            $"""
            BEGIN READ WRITE;
            SET LOCAL ROLE NONE;
            SET LOCAL search_path = pg_catalog, pg_temp;
            SET LOCAL synchronous_commit = on;
            SET LOCAL idle_in_transaction_session_timeout = 0;
            SET LOCAL statement_timeout = {milliseconds:0};
            SET LOCAL lock_timeout = {milliseconds / 2:0};
            SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('rekey: password of ' || session_user, 0))
            """);
    }

    private async Task ProveAsync(CancellationToken cancellationToken)
    {
        await using var proof = await OpenAgainAsync(cancellationToken);
    }

    /// <summary>The driver closes a connection on which the server spoke of an internal error, as it does of a collision.</summary>
    private async Task ReconnectAsync(CancellationToken cancellationToken)
    {
        await _connection.DisposeAsync();
        _connection = await OpenAgainAsync(cancellationToken);
    }

    /// <summary>A further connection to the same server with the same password.</summary>
    private async Task<PostgresConnection> OpenAgainAsync(CancellationToken cancellationToken)
    {
        PostgresSession again;
        try
        {
            again = await login.LogInAsync(credentials, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Auth)
        {
            throw new RotatorException(FailureCause.Conflict,
                "Somebody else changed the password of this user while the rotation ran.", e.SqlState, e.NativeCode);
        }
        if (again.ServerIdentity == ServerIdentity) return again._connection;
        await again.DisposeAsync();
        throw new RotatorException(FailureCause.Conflict,
            $"Two different servers answer at {credentials.Host}:{credentials.Port}. Put the primary's own name into the secret's host.");
    }

    private async Task RollBackAsync()
    {
        try
        {
            await _connection.ExecuteAsync("ROLLBACK", CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone, and with it the transaction.
        }
    }
}
