using System.Globalization;
using Rekey.Aws;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>A connection of the account whose password rotates, to MySQL or MariaDB.</summary>
internal sealed class MySqlSession : IAccountSession
{
    /// <summary>An account with more rights than that is not one an application logs in with.</summary>
    private const int RowsMax = 100_000;

    private readonly DriverConnection _connection;
    private readonly DatabaseCredentials _credentials;
    private readonly Func<CancellationToken, Task<DriverConnection>> _openAnother;
    private MySqlAccount? _account;

    private MySqlSession(
        DriverConnection connection, DatabaseCredentials credentials, Func<CancellationToken, Task<DriverConnection>> openAnother)
    {
        _connection = connection;
        _credentials = credentials;
        _openAnother = openAnother;
        Server = MySqlServer.Parse(connection.Server);
    }

    public MySqlServer Server { get; }

    /// <summary>Null while the password has expired: the server says nothing before it is changed.</summary>
    public MySqlAccount? Account => _account;

    public string ServerIdentity => _account?.Server ?? "";

    /// <summary>Takes ownership of the connection. <paramref name="openAnother"/> makes a second one with the same login.</summary>
    public static async Task<MySqlSession> BeginAsync(
        DriverConnection connection, DatabaseCredentials credentials, TimeSpan lockTimeout,
        Func<CancellationToken, Task<DriverConnection>> openAnother, CancellationToken cancellationToken)
    {
        var session = new MySqlSession(connection, credentials, openAnother);
        try
        {
            var seconds = Math.Max(1, (int)lockTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await session.ExecuteAsync($"SET SESSION {session.Server.StatementModes}, lock_wait_timeout = {seconds}", cancellationToken);
            await session.IdentifyAsync(cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public IAccountPasswords Passwords => new OwnPasswords(this);

    public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) =>
        PolicyVariables.ReadAsync(this, cancellationToken);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        ServerKinship.IsKnownAsync(this, otherIdentity, cancellationToken);

    /// <summary>Whether this is what the session logged in with.</summary>
    public bool LoggedInWith(Sensitive password) => _credentials.Password.FixedTimeEquals(password);

    /// <summary>
    /// Runs changes to accounts. When the wait for one is given up, the session is ended on the server, so that the change does not take
    /// place later.
    /// </summary>
    public async Task ChangeAsync(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (Exception e) when (
            e is OperationCanceledException or RotatorException { Cause: FailureCause.Timeout or FailureCause.Network })
        {
            // Also when the caller gives up; the driver's own time limits bound it.
            await StopOnServerAsync(CancellationToken.None);
            throw;
        }
        if (_account is null) await IdentifyAsync(CancellationToken.None);
    }

    /// <summary>Runs a statement; null when it succeeded, else the code when it is one of those expected.</summary>
    public async Task<int?> TryExecuteAsync(SensitiveText statement, int[] expectedCodes, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.ExecuteAsync(statement, cancellationToken);
            return null;
        }
        catch (OdbcException e) when (expectedCodes.Contains(e.NativeCode))
        {
            return e.NativeCode;
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.Classify(e);
        }
    }

    public async Task ProbeAsync(CancellationToken cancellationToken) => await QueryAsync("SELECT NOW()", cancellationToken);

    /// <summary>The account's only authentication plugin, or null.</summary>
    public async Task<string?> FindPluginAsync(CancellationToken cancellationToken)
    {
        if (_account is null || Server.LacksAlterUser) return null;
        var row = await QueryAsync("SHOW CREATE USER CURRENT_USER()", cancellationToken);
        return row?[0] is { } text ? MySqlAccount.ParsePlugin(text) : null;
    }

    /// <summary>The first row's values; null where there is none. For queries without secrets.</summary>
    public async Task<List<string?>?> QueryAsync(string statement, CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.QueryRowAsync(statement, cancellationToken);
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.Classify(e);
        }
    }

    /// <summary>All rows of a catalogue query without secrets.</summary>
    public async Task<List<List<string?>>> QueryRowsAsync(string statement, CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.QueryRowsAsync(statement, RowsMax, cancellationToken);
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.Classify(e);
        }
    }

    /// <summary>Runs a statement without secrets.</summary>
    public Task ExecuteAsync(string statement, CancellationToken cancellationToken) =>
        ExecuteAsync(new SensitiveText().Append(statement), cancellationToken);

    /// <summary>Runs a statement; takes ownership of the text.</summary>
    public async Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.ExecuteAsync(statement, cancellationToken);
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.Classify(e);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task IdentifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            _account = await MySqlAccount.ReadAsync(_connection, Server, cancellationToken);
        }
        catch (OdbcException e) when (e.NativeCode == MySqlErrors.MustChangePassword)
        {
            return;
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.Classify(e);
        }
        _account.DemandIs(_credentials.Username);
    }

    /// <summary>
    /// Ends the session on the server. A change that waits there for a lock would otherwise take place whenever the lock is let go of,
    /// when the rotation may long have been given up.
    /// </summary>
    private async Task StopOnServerAsync(CancellationToken cancellationToken)
    {
        if (_account is null) return;
        try
        {
            await using var another = await _openAnother(cancellationToken);
            var there = await MySqlAccount.ReadAsync(another, Server, cancellationToken);
            if (there.Server != _account.Server) return;
            await another.ExecuteAsync(new SensitiveText().Append("KILL ").Append(_account.Connection), cancellationToken);
        }
        catch (Exception e) when (e is OdbcException or RotatorException)
        {
            // The server cannot be reached, or the change has come through: the next attempt finds out which password holds.
        }
    }
}
