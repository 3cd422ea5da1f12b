using System.Globalization;
using Npgsql;

namespace Rekey.Rotators.Postgres;

/// <summary>
/// The superuser's connection to one database. Each piece of work is a transaction that holds the pair's advisory locks, and is done anew
/// when it collides with another change of the same role.
/// </summary>
internal sealed class AdministratorConnection(
    PostgresConnection connection, DatabaseCredentials credentials, RotatorOptions options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How often work that collided is done.</summary>
    private const int CollisionsMax = 5;

    /// <summary>The lock that a role's change of its own password takes too.</summary>
    private const string Lock =
        "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('rekey: password of ' || $1, 0))::text";

    private static readonly TimeSpan CollisionPause = TimeSpan.FromMilliseconds(50);

    private PostgresConnection _connection = connection;

    public DatabaseCredentials Credentials => credentials;

    public string DatabaseName => credentials.DatabaseName ?? DatabaseEngine.Postgres.DefaultDatabase!;

    public PasswordExchange Exchange => _connection.Exchange;

    /// <inheritdoc cref="PlaintextChange.IsFit"/>
    public bool IsFitForPlaintext => PlaintextChange.IsFit(_connection, credentials);

    public static async Task<AdministratorConnection> OpenAsync(
        DatabaseCredentials credentials, RotatorOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        new(await PostgresConnection.OpenAsync(credentials, options, cancellationToken), credentials, options, time);

    /// <summary>The same superuser in another database of the cluster.</summary>
    public Task<AdministratorConnection> OpenDatabaseAsync(string database, CancellationToken cancellationToken) =>
        OpenAsync(credentials.WithDatabase(database), options, time, cancellationToken);

    /// <summary>Reads in one snapshot.</summary>
    public Task<T> ReadAsync<T>(Func<PostgresConnection, Task<T>> read, CancellationToken cancellationToken) =>
        RunAsync("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [], read, PostgresErrors.FromStatement, cancellationToken);

    /// <summary>Changes, all or nothing.</summary>
    /// <param name="roles">Whose advisory locks are held.</param>
    /// <param name="work">The changes; it may run several times.</param>
    /// <param name="classify">Tells the operator of a failed statement.</param>
    /// <param name="cancellationToken">Ends the wait; what was begun is rolled back.</param>
    public Task ChangeAsync(
        IEnumerable<string> roles, Func<PostgresConnection, Task> work, Func<Exception, DatabaseCredentials, RotatorException> classify,
        CancellationToken cancellationToken) =>
        RunAsync("BEGIN READ WRITE", roles, async open =>
        {
            await work(open);
            return true;
        }, classify, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<T> RunAsync<T>(
        string begin, IEnumerable<string> roles, Func<PostgresConnection, Task<T>> work,
        Func<Exception, DatabaseCredentials, RotatorException> classify, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _connection.ExecuteAsync(Preparation(begin), cancellationToken);
                // One order for everybody, so that two rotations cannot wait for each other.
                foreach (var role in roles.Distinct().Order(StringComparer.Ordinal))
                    await _connection.QueryAsync(Lock, [role], _ => true, cancellationToken);
                var result = await work(_connection);
                // Not cancellable: whether the change was made must not be left open by a stop.
                await _connection.ExecuteAsync("COMMIT", CancellationToken.None);
                return result;
            }
            catch (Exception e)
            {
                await RollBackAsync();
                cancellationToken.ThrowIfCancellationRequested();
                if (e is not PostgresException refusal || !PostgresErrors.IsCollision(refusal) || attempt == CollisionsMax)
                    throw classify(e, credentials);
            }
            await Task.Delay(CollisionPause * attempt, time, cancellationToken);
            await ReconnectAsync(cancellationToken);
        }
    }

    /// <summary>Opens the transaction and takes away what settings of the superuser could do to it.</summary>
    private string Preparation(string begin)
    {
        var milliseconds = options.CommandTimeout.TotalMilliseconds;
        return string.Create(CultureInfo.InvariantCulture,
            $"""
            {begin};
            SET LOCAL ROLE NONE;
            SET LOCAL standard_conforming_strings = on;
            SET LOCAL search_path = pg_catalog, pg_temp;
            SET LOCAL datestyle = 'ISO';
            SET LOCAL timezone = 'UTC';
            SET LOCAL synchronous_commit = on;
            SET LOCAL idle_in_transaction_session_timeout = 0;
            SET LOCAL client_min_messages = error;
            SET LOCAL statement_timeout = {milliseconds:0};
            SET LOCAL lock_timeout = {milliseconds / 2:0}
            """);
    }

    /// <summary>The driver closes a connection on which the server spoke of an internal error, as it does of a collision.</summary>
    private async Task ReconnectAsync(CancellationToken cancellationToken)
    {
        await _connection.DisposeAsync();
        _connection = await PostgresConnection.OpenAsync(credentials, options, cancellationToken);
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
