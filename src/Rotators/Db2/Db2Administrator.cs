using Rekey.Aws;
using Rekey.Rotators.Sql;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Db2;

/// <summary>
/// A superuser's connection to Db2. Rights are the database's; users are not: on RDS its procedures keep them, elsewhere the operating
/// system or a directory, which no statement reaches.
/// </summary>
internal sealed class Db2Administrator(
    SqlSession session, DatabaseCredentials superuser, string serverIdentity, Func<CancellationToken, Task<Db2Rds?>> openRds)
    : SqlAdministrator(session, superuser, serverIdentity)
{
    private static readonly string[] Reserved = ["RDSADMIN", "RDSDB", "DB2INST1", "DB2FENC1", "DASUSR1", "PUBLIC", "SYSIBM", "IBM"];

    private readonly Db2Catalogue _catalogue = new(session);
    private Task<Db2Rds?>? _rds;

    public override async Task DemandRotatableAsync(string username, CancellationToken cancellationToken)
    {
        var name = Db2Text.Catalogued(username);
        if (Reserved.Contains(name) || name == Db2Text.Catalogued(Superuser.Username))
            throw Refused($"The account {username} is the server's own, or the superuser itself, and is not rotated");
        var row = await Session.QueryRowAsync(
            $"SELECT COUNT(*) FROM syscat.dbauth WHERE grantee = {Db2Text.Literal(name)} AND granteetype = 'U' "
                + "AND (dbadmauth = 'Y' OR securityadmauth = 'Y' OR accessctrlauth = 'Y')",
            cancellationToken);
        if (row?[0] is not ("0" or null))
            throw Refused($"The account {username} administers the database (DBADM, SECADM or ACCESSCTRL), and is not rotated");
    }

    public override async Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken)
    {
        var rds = await DemandRdsAsync(cancellationToken);
        if (await rds.KnowsAsync(pair.Twin, cancellationToken)) return;
        // There is no lock: nobody knows this password.
        using var nobodys = new PasswordPolicy { Length = 32, ExcludedCharacters = "/@\"'\\;" }.Generate();
        await rds.AddAsync(pair.Twin, nobodys, cancellationToken);
    }

    public override async Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
    {
        foreach (var change in changes)
        {
            if (Db2Rds.Owns(change.Statement))
                await (await DemandRdsAsync(cancellationToken)).ChangeGroupsAsync(change.Statement, cancellationToken);
            else await ApplyAsync(change, cancellationToken);
            FaultPoint.Reach("rights.after-statement");
        }
    }

    public override async Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken) =>
        await (await DemandRdsAsync(cancellationToken)).SetPasswordAsync(username, password, cancellationToken);

    public override IAccountPasswords PasswordsOf(string username) => new OnePassword(
        async (_, wanted, stop) => await (await DemandRdsAsync(stop)).SetPasswordAsync(username, wanted, stop),
        $"{Db2Rds.ChangePassword(username)}'***')");

    public override Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
        Task.FromResult(PasswordRules.None);

    public override Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) => Task.FromResult(false);

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_rds is { IsCompletedSuccessfully: true } && await _rds is { } rds) await rds.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override string Catalogued(string username) => Db2Text.Catalogued(username);

    protected override async Task<IReadOnlyList<Right>?> ReadRightsAsync(string username, CancellationToken cancellationToken)
    {
        var rds = await DemandRdsAsync(cancellationToken);
        if (!await rds.KnowsAsync(username, cancellationToken)) return null;
        var name = Db2Text.Catalogued(username);
        var rights = await _catalogue.ReadAsync(name, cancellationToken);
        rights.AddRange(await _catalogue.ReadGroupsAsync(name, cancellationToken));
        return rights;
    }

    protected override Task<IReadOnlyList<string>> CreateStatementsAsync(UserPair pair, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([$"{Db2Rds.AddUser(pair.Twin)}'***', '')"]);

    private async Task<Db2Rds> DemandRdsAsync(CancellationToken cancellationToken)
    {
        if (_rds is null || _rds.IsFaulted || _rds.IsCanceled) _rds = openRds(cancellationToken);
        return await _rds ?? throw Refused(
            "This Db2 server is not RDS's: its users belong to the operating system or a directory, so that a superuser can neither make "
                + "one nor set another's password. Rotate with the single-user strategy without masterarn, which changes the password "
                + "while connecting");
    }

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
