using System.Text;
using Rekey.Aws;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Oracle;

/// <summary>A superuser's connection to Oracle. Each statement commits by itself: a clone stays locked until all are through.</summary>
internal sealed class OracleAdministrator(
    SqlSession session, DatabaseCredentials superuser, OracleIdentity identity, Action<string>? notice)
    : SqlAdministrator(session, superuser, identity.Text)
{
    /// <summary>Longest name before 12.2, bytes.</summary>
    private const int ShortNameMax = 30;

    private readonly OracleCatalogue _catalogue = new(session);

    public override async Task DemandRotatableAsync(string username, CancellationToken cancellationToken)
    {
        var name = OracleText.Catalogued(username);
        if (name is "SYS" or "SYSTEM" or "RDSADMIN" || name == OracleText.Catalogued(Superuser.Username))
            throw Refused($"The account {username} is the server's own, or the superuser itself, and is not rotated");
        var row = await Session.QueryRowAsync(
            "SELECT u.oracle_maintained, u.common, (SELECT COUNT(*) FROM dba_role_privs r WHERE r.grantee = u.username "
                + "AND r.granted_role IN ('DBA', 'PDB_DBA', 'CDB_DBA', 'RDS_MASTER_ROLE', 'IMP_FULL_DATABASE', "
                + "'DATAPUMP_IMP_FULL_DATABASE')), "
                + "(SELECT COUNT(*) FROM dba_sys_privs s WHERE s.grantee = u.username AND s.privilege IN ('ALTER USER', 'BECOME USER', "
                + "'GRANT ANY PRIVILEGE', 'GRANT ANY ROLE', 'GRANT ANY OBJECT PRIVILEGE', 'ALTER DATABASE')) "
                + $"FROM dba_users u WHERE u.username = {OracleText.Literal(name)}",
            cancellationToken);
        if (row is null) return;
        if (row[0] == "Y" || row[1] == "YES") throw Refused($"The account {username} is the server's own, or common to all containers");
        if (row[2] != "0" || row[3] != "0")
            throw Refused($"The account {username} administers the database (DBA, ALTER USER or rights to grant any), and is not rotated");
    }

    public override async Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken)
    {
        var name = OracleText.Catalogued(pair.Twin);
        if (await _catalogue.FindAsync(name, cancellationToken) is not null) return;
        var user = await _catalogue.FindAsync(OracleText.Catalogued(pair.Base), cancellationToken)
            ?? throw Refused($"The server has no user {pair.Base}");
        if (identity.Version < new Version(12, 2) && Encoding.UTF8.GetByteCount(name) > ShortNameMax)
            throw Refused($"The name {name} is longer than the {ShortNameMax} bytes that this server allows");
        using var nobodys = OracleProfile.ThrowawayPassword();
        await Session.ExecuteAsync(Create(name, user, text => text.AppendPassword(nobodys)), cancellationToken);
    }

    public override async Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken)
    {
        var name = OracleText.Catalogued(username);
        var statement = new SensitiveText().Append($"ALTER USER {OracleText.Name(name)} IDENTIFIED BY ");
        await Session.ExecuteAsync(statement.AppendPassword(password).Append(" ACCOUNT UNLOCK"), cancellationToken);
        FaultPoint.Reach("activate.after-password");
        // The clone's password of two rotations ago must not live on beside this one.
        var row = await Session.QueryRowAsync(
            $"SELECT account_status FROM dba_users WHERE username = {OracleText.Literal(name)}", cancellationToken);
        if (row?[0]?.Contains("IN ROLLOVER", StringComparison.Ordinal) == true)
            await Session.ExecuteAsync($"ALTER USER {OracleText.Name(name)} EXPIRE PASSWORD ROLLOVER PERIOD", cancellationToken);
    }

    public override IAccountPasswords PasswordsOf(string username) =>
        new OraclePasswords(Session, OracleText.Catalogued(username), own: null, notice);

    public override async Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken)
    {
        const string Function = "PASSWORD_VERIFY_FUNCTION";
        var function = await OracleProfile.ReadAsync(Session, OracleText.Catalogued(username), Function, cancellationToken);
        // An account that is still to be made gets its base's profile, whose rules are not known here: the strictest.
        return OracleProfile.Rules(function ?? "UNKNOWN", identity.Version);
    }

    public override Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) => Task.FromResult(false);

    protected override string Catalogued(string username) => OracleText.Catalogued(username);

    protected override async Task<IReadOnlyList<Right>?> ReadRightsAsync(string username, CancellationToken cancellationToken)
    {
        var name = OracleText.Catalogued(username);
        var user = await _catalogue.FindAsync(name, cancellationToken);
        return user is null ? null : await _catalogue.ReadAsync(name, user, cancellationToken);
    }

    protected override async Task<IReadOnlyList<string>> CreateStatementsAsync(UserPair pair, CancellationToken cancellationToken)
    {
        var user = await _catalogue.FindAsync(OracleText.Catalogued(pair.Base), cancellationToken);
        using var masked = Create(OracleText.Catalogued(pair.Twin), user!, text => text.Append("\"***\""));
        return [masked.Span.ToString()];
    }

    private static SensitiveText Create(string name, OracleUserRow user, Action<SensitiveText> password)
    {
        var statement = new SensitiveText().Append($"CREATE USER {OracleText.Name(name)} IDENTIFIED BY ");
        password(statement);
        foreach (var setting in user.Settings) statement.Append(' ').Append(setting.Clause);
        return statement.Append(" ACCOUNT LOCK");
    }

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
