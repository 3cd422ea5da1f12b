using System.Globalization;
using Rekey.Aws;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>A connection of the account whose password rotates, to MySQL or MariaDB.</summary>
internal sealed class MySqlSession : IAccountSession
{
    private const string PolicyPlugins =
        "SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE'";

    /// <summary>An account with more rights than that is not one an application logs in with.</summary>
    private const int RowsMax = 100_000;

    private readonly OdbcConnection _connection;
    private readonly string _username;
    private readonly Func<CancellationToken, Task<OdbcConnection>> _openAnother;
    private MySqlAccount? _account;

    private MySqlSession(OdbcConnection connection, string username, Func<CancellationToken, Task<OdbcConnection>> openAnother)
    {
        _connection = connection;
        _username = username;
        _openAnother = openAnother;
        Server = MySqlServer.Parse(connection.Server);
    }

    public MySqlServer Server { get; }

    /// <summary>Null while the password has expired: the server says nothing before it is changed.</summary>
    public MySqlAccount? Account => _account;

    public string ServerIdentity => _account?.Server ?? "";

    /// <summary>Takes ownership of the connection. <paramref name="openAnother"/> makes a second one with the same login.</summary>
    public static async Task<MySqlSession> BeginAsync(
        OdbcConnection connection, string username, TimeSpan lockTimeout,
        Func<CancellationToken, Task<OdbcConnection>> openAnother, CancellationToken cancellationToken)
    {
        var session = new MySqlSession(connection, username, openAnother);
        try
        {
            var seconds = Math.Max(1, (int)lockTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await session.ExecuteAsync($"SET SESSION sql_mode = '', lock_wait_timeout = {seconds}", cancellationToken);
            await session.IdentifyAsync(cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public IAccountPasswords Passwords => new OnePassword(
        ChangePasswordAsync, Server.IsMariaDb ? "SET PASSWORD = PASSWORD('***')" : "ALTER USER USER() IDENTIFIED BY '***'");

    public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) => Task.FromResult(PasswordRules.None);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) => Task.FromResult(false);

    private async Task ChangePasswordAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken)
    {
        try
        {
            if (Server.IsMariaDb) await SetPasswordAsync(wanted, cancellationToken);
            else await AlterUserAsync(present!, wanted, cancellationToken);
        }
        catch (Exception e) when (
            e is OperationCanceledException or RotatorException { Cause: FailureCause.Timeout or FailureCause.Network })
        {
            // Also when the caller gives up; the driver's own time limits bound it.
            await StopOnServerAsync(CancellationToken.None);
            throw;
        }
        if (_account is null) await IdentifyAsync(cancellationToken);
    }

    public async Task ProbeAsync(CancellationToken cancellationToken) => await QueryAsync("SELECT NOW()", cancellationToken);

    /// <summary>The account's only authentication plugin, or null.</summary>
    public async Task<string?> FindPluginAsync(CancellationToken cancellationToken)
    {
        if (_account is null) return null;
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

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task IdentifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            _account = await MySqlAccount.ReadAsync(_connection, cancellationToken);
        }
        catch (OdbcException e) when (e.NativeCode == MySqlErrors.MustChangePassword)
        {
            return;
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.Classify(e);
        }
        _account.DemandIs(_username);
    }

    private async Task AlterUserAsync(Sensitive present, Sensitive wanted, CancellationToken cancellationToken)
    {
        var isRepeated = present.FixedTimeEquals(wanted);
        try
        {
            await _connection.ExecuteAsync(PasswordStatement.AlterUser(wanted, present: null), cancellationToken);
        }
        catch (OdbcException e) when (e.NativeCode == MySqlErrors.CurrentPasswordMissing)
        {
            await AlterUserWithProofAsync(present, wanted, isRepeated, cancellationToken);
        }
        catch (OdbcException e) when (isRepeated && e.NativeCode == MySqlErrors.PasswordWasUsedBefore)
        {
            // The history knows the password already, and the server has just accepted it.
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.Classify(e);
        }
    }

    private async Task AlterUserWithProofAsync(Sensitive present, Sensitive wanted, bool isRepeated, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.ExecuteAsync(PasswordStatement.AlterUser(wanted, present), cancellationToken);
        }
        catch (OdbcException e) when (isRepeated && e.NativeCode == MySqlErrors.PasswordWasUsedBefore)
        {
            // As above.
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.Classify(e);
        }
    }

    /// <summary>A hash, unless the server's password rules want to see the password itself.</summary>
    private async Task SetPasswordAsync(Sensitive wanted, CancellationToken cancellationToken)
    {
        if (await FindPluginAsync(cancellationToken) is { } plugin
            && MariaDbHash.For(plugin, wanted) is { } hash
            && (await QueryAsync(PolicyPlugins, cancellationToken))?[0] == "0")
        {
            try
            {
                await _connection.ExecuteAsync(PasswordStatement.SetHash(hash), cancellationToken);
                return;
            }
            catch (OdbcException e) when (e.NativeCode is MySqlErrors.PasswordRefused or MySqlErrors.HashRefused)
            {
                // Nothing was changed: the rules want the password after all.
            }
            catch (OdbcException e)
            {
                throw MySqlErrors.Classify(e);
            }
        }
        await ExecuteAsync(PasswordStatement.SetPassword(wanted), cancellationToken);
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
            var there = await MySqlAccount.ReadAsync(another, cancellationToken);
            if (there.Server != _account.Server) return;
            await another.ExecuteAsync(new SensitiveText().Append("KILL ").Append(_account.Connection), cancellationToken);
        }
        catch (Exception e) when (e is OdbcException or RotatorException)
        {
            // The server cannot be reached, or the change has come through: the next attempt finds out which password holds.
        }
    }

    private Task ExecuteAsync(string statement, CancellationToken cancellationToken) =>
        ExecuteAsync(new SensitiveText().Append(statement), cancellationToken);

    private async Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken)
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
}
