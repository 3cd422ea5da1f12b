using Rekey.Aws;
using Rekey.Rotators.Postgres.Rights;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres;

/// <summary>The superuser's session. Every change is one transaction that holds the advisory locks of the roles it is about.</summary>
internal sealed class PostgresAdministrator(AdministratorConnection main, PostgresAccount account, RotatorOptions options)
    : IAdministratorSession
{
    /// <summary>Restricted to sessions that were authenticated as the role: switching roles does not change that column.</summary>
    private const string EndSessions =
        """
        SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
        JOIN pg_catalog.pg_roles r ON r.oid = a.usesysid AND r.rolname::text = $1 WHERE a.pid <> pg_catalog.pg_backend_pid()
        """;

    private const string MayChangeRoles =
        "SELECT rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user";

    private VerifierMode _verifier;

    public string ServerIdentity => account.ServerIdentity;

    public void Heed(RotationSettings settings) => _verifier = settings.Verifier;

    public Task DemandRotatableAsync(string username, CancellationToken cancellationToken) => main.ReadAsync(
        async connection =>
        {
            await ReservedRoles.DemandRotatableAsync(connection, username, cancellationToken);
            var may = await connection.QueryAsync(MayChangeRoles, [], row => row.GetBoolean(0), cancellationToken);
            if (may is [true]) return true;
            throw new RotatorException(
                FailureCause.Privilege, "The superuser secret's role may not change other roles: it has neither SUPERUSER nor CREATEROLE.");
        }, cancellationToken);

    public Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken) =>
        new PairCatalogue(main, account.ServerVersion, pair).CompareAsync(cancellationToken);

    public Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken) => main.ChangeAsync(
        [pair.Base, pair.Twin],
        async connection =>
        {
            if (await RoleFacts.FindAsync(connection, pair.Twin, cancellationToken) is not null) return;
            await connection.ExecuteAsync(PairCatalogue.CreateStatement(pair.Twin), cancellationToken);
        },
        PostgresErrors.FromAdministration, cancellationToken);

    /// <summary>
    /// One transaction where all changes are of the secret's database and the cluster; one for each further database in which the pair has
    /// rights, since no transaction spans two.
    /// </summary>
    public async Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Cast<PostgresChange>().FirstOrDefault(change => change.ByHand is not null) is { } manual)
        {
            throw new RotatorException(
                FailureCause.Privilege, $"The pair differs in what no statement of a rotation mends, {manual.Right}: {manual.ByHand}.");
        }
        foreach (var batch in Batches(changes.Cast<PostgresChange>()))
        {
            if (batch[0].Database is not { } database)
            {
                await ApplyAsync(main, pair, batch, cancellationToken);
                continue;
            }
            await using var connection = await main.OpenDatabaseAsync(database, cancellationToken);
            await ApplyAsync(connection, pair, batch, cancellationToken);
        }
    }

    public Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken) =>
        SetPasswordAsync(username, password, "LOGIN", cancellationToken);

    public IAccountPasswords PasswordsOf(string username) => new OnePassword(
        (_, wanted, stop) => SetPasswordAsync(username, wanted, "", stop), $"{Alter(username, "LOGIN")} PASSWORD '***'");

    public Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
        main.ReadAsync(connection => PostgresPasswordRules.ReadAsync(connection, cancellationToken), cancellationToken);

    /// <inheritdoc cref="PostgresSession.IsSameSystemAsync"/>
    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        Task.FromResult(otherIdentity == account.Address);

    public async Task<int> EndSessionsAsync(string username, CancellationToken cancellationToken)
    {
        var ended = await main.ReadAsync(
            connection => connection.QueryAsync(EndSessions, [username], row => row.GetBoolean(0), cancellationToken), cancellationToken);
        return ended.Count(isSignalled => isSignalled);
    }

    public ValueTask DisposeAsync() => main.DisposeAsync();

    private static async Task ApplyAsync(
        AdministratorConnection to, UserPair pair, List<PostgresChange> changes, CancellationToken cancellationToken) =>
        await to.ChangeAsync(
            [pair.Base, pair.Twin],
            async connection =>
            {
                if (changes.Exists(change => change.IsConfidential))
                    await PlaintextChange.QuietenAsync(connection, cancellationToken);
                foreach (var statement in changes.SelectMany(change => change.Sent))
                    await connection.ExecuteAsync(statement.Reveal(), cancellationToken);
            },
            PostgresErrors.FromAdministration, cancellationToken);

    /// <summary>Neighbours of one database together, in their order.</summary>
    private static List<List<PostgresChange>> Batches(IEnumerable<PostgresChange> changes)
    {
        List<List<PostgresChange>> batches = [];
        foreach (var change in changes)
        {
            if (batches.Count == 0 || batches[^1][0].Database != change.Database) batches.Add([]);
            batches[^1].Add(change);
        }
        return batches;
    }

    private async Task SetPasswordAsync(string username, Sensitive password, string option, CancellationToken cancellationToken)
    {
        // Read before: what the role's password is kept as now, it can surely log in with.
        var asMd5 = await UsesMd5Async(username, cancellationToken);
        var stored = asMd5
            ? StoredPassword.Md5(password, username)
            : StoredPassword.Scram(password, Math.Clamp(
                account.ScramIterations ?? PostgresSession.DefaultIterations, 1, PostgresSession.IterationsMax));
        if (_verifier == VerifierMode.Plain)
        {
            PlaintextChange.DemandFit(main.IsFitForPlaintext);
            await ChangeInPlainAsync();
            return;
        }
        try
        {
            await ChangeAsync(connection => connection.ExecuteAsync($"{Alter(username, option)} PASSWORD '{stored}'", cancellationToken));
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Policy && main.IsFitForPlaintext)
        {
            await ChangeInPlainAsync();
            options.Notice?.Invoke(
                $"The server's password rules take no verifier ({e.SqlState}), so the new password of {username} was sent to the server "
                    + "itself, kept out of its log.");
        }

        Task ChangeInPlainAsync() => ChangeAsync(
            connection => PlaintextChange.RunAsync(connection, Alter(username, option), password, asMd5, cancellationToken));

        Task ChangeAsync(Func<PostgresConnection, Task> change) => main.ChangeAsync(
            [username],
            async connection =>
            {
                if (await RoleFacts.FindAsync(connection, username, cancellationToken) is { } role) ReservedRoles.DemandValid(role);
                await change(connection);
            },
            (failure, _) => PostgresErrors.FromForeignPassword(failure, main.Credentials, password), cancellationToken);
    }

    /// <summary>MD5 where the server is set to it, unless SCRAM is in use already: then it may be all that pg_hba.conf lets in.</summary>
    private async Task<bool> UsesMd5Async(string username, CancellationToken cancellationToken)
    {
        const string Form =
            """
            SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')::text
            """;
        const string IsScram =
            "SELECT 1 FROM pg_catalog.pg_authid WHERE rolname::text = $1 AND rolpassword LIKE 'SCRAM-SHA-256$%'";
        if (account.PasswordEncryption == "scram-sha-256" || main.Exchange == PasswordExchange.Scram) return false;
        return await main.ReadAsync(
            async connection =>
            {
                var mayRead = await connection.QueryRowAsync(Form, row => row.GetString(0), cancellationToken) == "true";
                return !mayRead || (await connection.QueryAsync(IsScram, [username], _ => true, cancellationToken)).Count == 0;
            }, cancellationToken);
    }

    private static string Alter(string username, string option) =>
        option.Length == 0 ? $"ALTER ROLE {SqlText.Name(username)}" : $"ALTER ROLE {SqlText.Name(username)} {option}";
}
