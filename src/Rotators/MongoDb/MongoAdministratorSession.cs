using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MongoDb;

/// <summary>A superuser's session at the primary.</summary>
/// <param name="accounts">The database that knows the accounts.</param>
internal sealed class MongoAdministratorSession(
    MongoConnection connection, MongoLoginName superuser, string accounts, RotatorOptions options) : IAdministratorSession
{
    private readonly MongoUsers _users = new(connection, accounts, options);

    /// <summary>The mechanisms that a user's next password is to be kept in, where they are those of its base.</summary>
    private readonly Dictionary<string, SortedSet<string>> _mechanisms = new(StringComparer.Ordinal);

    public string ServerIdentity => MongoIdentity.Read(connection.Hello!, connection.Address);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        Task.FromResult(MongoIdentity.IsSame(ServerIdentity, otherIdentity));

    public async Task DemandRotatableAsync(string username, CancellationToken cancellationToken)
    {
        if (accounts is "$external" or "local")
            throw Failures.Precondition($"Users of {accounts} have no password that could be rotated");
        if (username == superuser.Credentials.Username && accounts == superuser.Database)
            throw Failures.Precondition($"User {username} is the superuser itself");
        if (await _users.FindAsync(username, cancellationToken) is not { } user) return;
        if ((await _users.ReadPowerAsync(user, cancellationToken)).Reason is { } reason)
        {
            throw Failures.Precondition(
                $"User {username} is more powerful than an application needs to be ({reason}): no rotation with a superuser touches it");
        }
    }

    public async Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken)
    {
        var model = await _users.FindAsync(pair.Base, cancellationToken);
        var clone = await _users.FindAsync(pair.Twin, cancellationToken);
        if (model is not null) _mechanisms[pair.Twin] = model.Mechanisms;
        if (model is null) return new PairComparison(BaseExists: false, clone is not null, [], []);
        if (clone is null)
        {
            var missing = MongoUserDifferences.Between(model, Empty(model, pair.Twin));
            return new PairComparison(BaseExists: true, CloneExists: false, Changes(missing), [CreateStatement(model, pair.Twin)]);
        }
        return new PairComparison(BaseExists: true, CloneExists: true, Changes(MongoUserDifferences.Between(model, clone)), []);
    }

    /// <remarks>Its rights come with it: one command, and nobody knows the password.</remarks>
    public async Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken)
    {
        var model = await _users.DemandAsync(pair.Base, cancellationToken);
        if (await _users.FindAsync(pair.Twin, cancellationToken) is null) await _users.CreateAsync(pair.Twin, model, cancellationToken);
    }

    public async Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
    {
        var model = await _users.DemandAsync(pair.Base, cancellationToken);
        var clone = await _users.DemandAsync(pair.Twin, cancellationToken);
        var wanted = MongoUserDifferences.Between(model, clone)
            .Where(difference => changes.Contains(difference.Change))
            .Aggregate(clone, (user, difference) => difference.Mend(user));
        await _users.UpdateAsync(wanted, previous: clone, cancellationToken);
    }

    public Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken) =>
        SetPasswordAsync(username, password, cancellationToken);

    public IAccountPasswords PasswordsOf(string username) => new OnePassword(
        (_, wanted, stop) => SetPasswordAsync(username, wanted, stop),
        MongoUserDifferences.Statement(
            "updateUser", new MongoUser { Name = username, Database = accounts },
            $"pwd: '***', mechanisms: {DescribeMechanisms(username)}"));

    public Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
        // The superuser is known to be there; the clone may not be yet.
        MongoPasswordRules.ReadAsync(
            new MongoUsers(connection, superuser.Database, options), superuser.Credentials.Username, cancellationToken);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task SetPasswordAsync(string username, Sensitive password, CancellationToken cancellationToken)
    {
        var user = await _users.DemandAsync(username, cancellationToken);
        var mechanisms = _mechanisms.TryGetValue(username, out var wanted) && wanted.Count > 0 ? wanted : user.Mechanisms;
        await _users.SetPasswordAsync(user, password, mechanisms);
    }

    private string DescribeMechanisms(string username) =>
        _mechanisms.TryGetValue(username, out var known) ? MongoUserDifferences.Describe(known) : "[...]";

    private static MongoUser Empty(MongoUser model, string name) =>
        new() { Name = name, Database = model.Database, HasRestrictions = model.HasRestrictions };

    private static string CreateStatement(MongoUser model, string name) => MongoUserDifferences.Statement(
        "createUser", Empty(model, name),
        $"pwd: (random, kept nowhere), roles: {MongoUserDifferences.Describe(model.Roles)}"
            + (model.Mechanisms.Count > 0 ? $", mechanisms: {MongoUserDifferences.Describe(model.Mechanisms)}" : "")
            + (model.Restrictions.Count > 0 ? $", authenticationRestrictions: {MongoUserDifferences.Describe(model.Restrictions)}" : "")
            + (model.CustomData is not null ? ", customData: (the base's)" : ""));

    private static IReadOnlyList<RightsChange> Changes(IEnumerable<MongoUserDifference> differences) =>
        [.. differences.Select(difference => difference.Change)];
}
