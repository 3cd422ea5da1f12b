using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>
/// A superuser's session. A user is all its accounts: one for each host. Of these, those count that log in with a password which the
/// server keeps; others (by socket, by an outside directory) are left alone.
/// </summary>
internal sealed class MySqlAdministrator(MySqlSession session) : IAdministratorSession
{
    private readonly AccountReader _accounts = new(session);
    private readonly RightsReader _rights = new(session);

    // The clone authenticates as its base does; that is changed together with its password.
    private readonly Dictionary<(string User, string Host), string> _wantedPlugins = [];

    public string ServerIdentity => session.ServerIdentity;

    public async Task DemandRotatableAsync(string username, CancellationToken cancellationToken)
    {
        RotatableAccounts.DemandNotReserved(username, session.Account!.Username);
        var accounts = await _accounts.ReadAsync([username], cancellationToken);
        await _rights.ReadAsync(accounts, cancellationToken);
        var roles = session.Server.HasRoles ? await GrantedRolesAsync(accounts, cancellationToken) : [];
        foreach (var account in accounts) RotatableAccounts.DemandRotatable(account);
        foreach (var role in roles) RotatableAccounts.DemandHarmless(role, username);
    }

    public async Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken)
    {
        var all = await _accounts.ReadAsync([pair.Base, pair.Twin], cancellationToken);
        await _rights.ReadAsync(all, cancellationToken);
        var (bases, twins) = (Rotating(all, pair.Base), Rotating(all, pair.Twin));
        foreach (var model in bases) _wantedPlugins[(pair.Twin, model.Host)] = model.DemandPasswordPlugin();
        var changes = new List<RightsChange>();
        foreach (var model in bases)
        {
            var twin = twins.Find(account => account.Host == model.Host);
            if (twin is null && twins.Count > 0)
                changes.Add(new(RightsChangeKind.Add, $"account for host {model.Host}", CreateStatement(pair.Twin, model)));
            changes.AddRange(await CompareAsync(model, twin, pair.Twin, cancellationToken));
        }
        if (bases.Count > 0)
        {
            changes.AddRange(twins.Where(twin => !bases.Exists(model => model.Host == twin.Host)).Select(twin =>
                new RightsChange(RightsChangeKind.Remove, $"account for host {twin.Host}", $"DROP USER {twin.Quoted}")));
        }
        IReadOnlyList<string> creations = twins.Count > 0 ? [] : [.. bases.Select(model => CreateStatement(pair.Twin, model))];
        return new PairComparison(bases.Count > 0, twins.Count > 0, changes, creations);
    }

    public async Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken)
    {
        var all = await _accounts.ReadAsync([pair.Base, pair.Twin], cancellationToken);
        foreach (var model in Rotating(all, pair.Base))
        {
            if (!all.Exists(account => account.User == pair.Twin && account.Host == model.Host))
                await CreateAsync(pair.Twin, model, cancellationToken);
        }
    }

    public async Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
    {
        var bases = changes.Any(IsCreation) ? Rotating(await _accounts.ReadAsync([pair.Base], cancellationToken), pair.Base) : [];
        await session.ChangeAsync(async () =>
        {
            foreach (var change in changes)
            {
                if (IsCreation(change))
                {
                    var model = bases.Find(account => CreateStatement(pair.Twin, account) == change.Statement);
                    if (model is not null) await CreateAsync(pair.Twin, model, cancellationToken);
                    continue;
                }
                await session.ExecuteAsync(change.Statement, cancellationToken);
                FaultPoint.Reach("setSecret.between-rights");
            }
        });
    }

    public Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken) =>
        Passwords(username).ActivateAsync(
            account => _wantedPlugins.GetValueOrDefault((account.User, account.Host)), password, cancellationToken);

    public IAccountPasswords PasswordsOf(string username) => Passwords(username);

    public Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
        session.ReadPasswordRulesAsync(cancellationToken);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        session.IsSameSystemAsync(otherIdentity, cancellationToken);

    public Task<int> EndSessionsAsync(string username, CancellationToken cancellationToken) =>
        UserSessions.EndAsync(session, username, cancellationToken);

    public ValueTask DisposeAsync() => session.DisposeAsync();

    private AdministeredPasswords Passwords(string username) => new(
        session, async stop => Rotating(await _accounts.ReadAsync([username], stop), username), username);

    private static List<AccountRecord> Rotating(IEnumerable<AccountRecord> accounts, string user) =>
        [.. accounts.Where(account => account.User == user && !account.IsRole && account.PasswordPlugin is not null)];

    private async Task<IReadOnlyList<RightsChange>> CompareAsync(
        AccountRecord model, AccountRecord? twin, string twinName, CancellationToken cancellationToken)
    {
        var actual = twin?.Rights ?? AccountRights.OfNew(model.Rights);
        var questions = RightsComparison.Questions(model.Rights, actual);
        var existing = await ExistingObjects.FindAsync(session, questions, cancellationToken);
        return RightsComparison.Compare(
            session.Server, model.Rights, actual, MySqlText.Account(twinName, model.Host), existing.Contains);
    }

    private static bool IsCreation(RightsChange change) => change.Statement.StartsWith("CREATE USER ", StringComparison.Ordinal);

    private string CreateStatement(string twin, AccountRecord model) =>
        NewAccount.Statement(session.Server, MySqlText.Account(twin, model.Host), model.DemandPasswordPlugin());

    private async Task CreateAsync(string twin, AccountRecord model, CancellationToken cancellationToken)
    {
        var account = MySqlText.Account(twin, model.Host);
        var plugin = model.DemandPasswordPlugin();
        await session.ChangeAsync(() => NewAccount.CreateAsync(session, account, plugin, cancellationToken));
    }

    /// <summary>The roles of the accounts, and the roles of those, with their privileges.</summary>
    private async Task<List<AccountRecord>> GrantedRolesAsync(List<AccountRecord> accounts, CancellationToken cancellationToken)
    {
        var edges = await session.QueryRowsAsync(
            session.Server.IsMariaDb
                ? "SELECT User, Host, Role, '' FROM mysql.roles_mapping"
                : "SELECT TO_USER, TO_HOST, FROM_USER, FROM_HOST FROM mysql.role_edges",
            cancellationToken);
        HashSet<(string?, string?)> reached = [];
        var next = new Queue<(string?, string?)>(accounts.Select(account => ((string?)account.User, (string?)account.Host)));
        while (next.TryDequeue(out var one))
        {
            foreach (var edge in edges.Where(edge => (edge[0], edge[1]) == one))
                if (reached.Add((edge[2], edge[3]))) next.Enqueue((edge[2], edge[3]));
        }
        if (reached.Count == 0) return [];
        var roles = (await _accounts.ReadAsync([.. reached.Select(role => role.Item1!).Distinct()], cancellationToken))
            .Where(role => reached.Contains((role.User, role.Host))).ToList();
        await _rights.ReadAsync(roles, cancellationToken);
        return roles;
    }
}
