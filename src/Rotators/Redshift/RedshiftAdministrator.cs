using System.Globalization;
using Npgsql;
using Rekey.Aws;
using Rekey.Rotators.Postgres;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redshift;

/// <summary>The superuser's session. Users are the cluster's, rights on objects those of the secret's database.</summary>
internal sealed class RedshiftAdministrator(
    PostgresConnection connection, string name, string identity, DatabaseCredentials credentials) : IAdministratorSession
{
    /// <summary>The service's own, and the roles by which a user rules the cluster.</summary>
    private static readonly HashSet<string> Reserved =
        new(StringComparer.Ordinal) { "rdsdb", "public", "sys:superuser", "sys:secadmin", "sys:dba" };

    /// <summary>Longest user name that the list of sessions tells apart, in characters.</summary>
    private const int SessionNameLengthMax = 50;

    public string ServerIdentity => identity;

    public async Task DemandRotatableAsync(string username, CancellationToken cancellationToken)
    {
        if (username == name) throw Refused(username, "it is the superuser secret's own");
        if (Reserved.Contains(username)) throw Refused(username, "it is the service's own");
        await ReadAsync(async () =>
        {
            if (await RedshiftUser.FindAsync(connection, username, cancellationToken) is not { } user) return false;
            if (user.IsSuperuser) throw Refused(username, "it is a superuser");
            var groups = await RedshiftGroups.ReadAsync(connection, username, cancellationToken);
            if (groups.Roles.FirstOrDefault(Reserved.Contains) is { } role) throw Refused(username, $"it has the role {role}");
            return true;
        }, cancellationToken);
    }

    public Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken) => ReadAsync(async () =>
    {
        if (await RedshiftUser.FindAsync(connection, pair.Base, cancellationToken) is not { } @base)
            return new PairComparison(BaseExists: false, CloneExists: false, [], []);
        DemandValid(@base);
        var clone = await RedshiftUser.FindAsync(connection, pair.Twin, cancellationToken);
        List<RightsChange> changes =
        [
            .. Attributes(@base, clone ?? new RedshiftUser(
                pair.Twin, false, false, "UNLIMITED", "RESTRICTED", 0, "infinity", false, new Dictionary<string, string>())),
            .. RedshiftGroups.Compare(
                await RedshiftGroups.ReadAsync(connection, pair.Base, cancellationToken),
                await RedshiftGroups.ReadAsync(connection, pair.Twin, cancellationToken), pair.Base, pair.Twin),
            .. RedshiftRights.Compare(
                await RedshiftRights.ReadAsync(connection, pair.Base, cancellationToken),
                await RedshiftRights.ReadAsync(connection, pair.Twin, cancellationToken), pair.Base, pair.Twin),
        ];
        string[] create = clone is null ? [CreateStatement(pair.Twin)] : [];
        return new PairComparison(BaseExists: true, clone is not null, changes, create);
    }, cancellationToken);

    public Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken) => ChangeAsync(async () =>
    {
        if (await RedshiftUser.FindAsync(connection, pair.Twin, cancellationToken) is not null) return;
        await connection.ExecuteAsync(CreateStatement(pair.Twin), cancellationToken);
    }, cancellationToken);

    public Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken) => ChangeAsync(
        async () =>
        {
            foreach (var change in changes) await connection.ExecuteAsync(change.Statement, cancellationToken);
        }, cancellationToken);

    public async Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken)
    {
        if (await ReadAsync(() => RedshiftUser.FindAsync(connection, username, cancellationToken), cancellationToken) is { } user)
            DemandValid(user);
        await RedshiftPassword.SetAsync(connection, credentials, username, password, cancellationToken);
    }

    public IAccountPasswords PasswordsOf(string username) => new OnePassword(
        (_, wanted, stop) => ActivateAsync(username, wanted, stop), RedshiftPassword.Statement(username, "***"));

    public Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
        Task.FromResult(RedshiftPassword.Rules);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) => Task.FromResult(false);

    public async Task<int> EndSessionsAsync(string username, CancellationToken cancellationToken)
    {
        if (username.Length >= SessionNameLengthMax)
            throw Failures.Precondition("Redshift's list of sessions cuts this user's name, so its sessions are not ended");
        return await ReadAsync(async () =>
        {
            var sessions = await connection.QueryAsync(
                "SELECT process::varchar FROM stv_sessions WHERE trim(user_name) = $1", [username],
                row => int.Parse(row.GetString(0), CultureInfo.InvariantCulture), cancellationToken);
            foreach (var session in sessions)
            {
                await connection.ExecuteAsync(
                    string.Create(CultureInfo.InvariantCulture, $"SELECT pg_terminate_backend({session})"), cancellationToken);
            }
            return sessions.Count;
        }, cancellationToken);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>Without a password nobody logs in as it by one.</summary>
    private static string CreateStatement(string user) => $"CREATE USER {RedshiftText.Name(user)} PASSWORD DISABLE";

    private static IEnumerable<RightsChange> Attributes(RedshiftUser @base, RedshiftUser clone)
    {
        var alter = $"ALTER USER {RedshiftText.Name(clone.Name)}";
        if (@base.CreatesDatabases != clone.CreatesDatabases)
        {
            yield return new(
                @base.CreatesDatabases ? RightsChangeKind.Add : RightsChangeKind.Remove, "attribute CREATEDB",
                $"{alter} {(@base.CreatesDatabases ? "CREATEDB" : "NOCREATEDB")}");
        }
        if (@base.ConnectionLimit != clone.ConnectionLimit)
        {
            var limit = int.TryParse(@base.ConnectionLimit, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number.ToString(CultureInfo.InvariantCulture)
                : "UNLIMITED";
            yield return new(RightsChangeKind.Add, $"connection limit {limit}", $"{alter} CONNECTION LIMIT {limit}");
        }
        if (@base.SysLogAccess != clone.SysLogAccess)
        {
            var access = @base.SysLogAccess == "UNRESTRICTED" ? "UNRESTRICTED" : "RESTRICTED";
            yield return new(
                access == "UNRESTRICTED" ? RightsChangeKind.Add : RightsChangeKind.Remove, "system log access",
                $"{alter} SYSLOG ACCESS {access}");
        }
        if (@base.SessionTimeout != clone.SessionTimeout)
        {
            yield return new(RightsChangeKind.Add, "session timeout", @base.SessionTimeout == 0
                ? $"{alter} RESET SESSION TIMEOUT"
                : string.Create(CultureInfo.InvariantCulture, $"{alter} SESSION TIMEOUT {@base.SessionTimeout}"));
        }
        if (@base.ValidUntil != clone.ValidUntil)
            yield return new(RightsChangeKind.Add, "VALID UNTIL", $"{alter} VALID UNTIL {RedshiftText.Literal(@base.ValidUntil)}");
        foreach (var (setting, value) in @base.Settings)
        {
            if (clone.Settings.GetValueOrDefault(setting) == value) continue;
            var elements = setting == "search_path" ? SqlText.SplitNames(value) : null;
            var text = elements is null ? RedshiftText.Literal(value) : string.Join(", ", elements.Select(RedshiftText.Literal));
            yield return new(RightsChangeKind.Add, $"setting {setting}", $"{alter} SET {RedshiftText.Name(setting)} TO {text}");
        }
        foreach (var setting in clone.Settings.Keys.Except(@base.Settings.Keys))
            yield return new(RightsChangeKind.Remove, $"setting {setting}", $"{alter} RESET {RedshiftText.Name(setting)}");
    }

    private static void DemandValid(RedshiftUser user)
    {
        if (!user.IsExpired) return;
        throw Failures.Precondition(
            $"The password of {user.Name} is void since {user.ValidUntil} (VALID UNTIL), a new one would be too. Move that date");
    }

    private static RotatorException Refused(string username, string reason) =>
        Failures.Precondition($"The user {username} is not rotated with a superuser secret: {reason}");

    private async Task<T> ReadAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is not RotatorException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.FromStatement(e, credentials);
        }
    }

    private async Task ChangeAsync(Func<Task> change, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync("BEGIN", cancellationToken);
            await change();
            // Not cancellable: whether the change was made must not be left open by a stop.
            await connection.ExecuteAsync("COMMIT", CancellationToken.None);
        }
        catch (Exception e)
        {
            await RollBackAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw e as RotatorException ?? RedshiftErrors.Of(e, credentials);
        }
    }

    private async Task RollBackAsync()
    {
        try
        {
            await connection.ExecuteAsync("ROLLBACK", CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone, and with it the transaction.
        }
    }
}
