using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;

namespace Rekey.Server.Tests.Simulation;

internal sealed class AdministratorSession(Simulation simulation, Connection connection, OverlapKind overlap) : IAdministratorSession
{
    public string ServerIdentity => connection.ServerIdentity;

    private SimulatedServer Server => connection.Server;

    public Task DemandRotatableAsync(string username, CancellationToken cancellationToken) =>
        connection.QueryAsync($"look at {username}", () =>
        {
            if (username == connection.Account.Name || Server.Find(username) is { IsSuperuser: true })
                throw new RotatorException(FailureCause.Precondition, $"{username} may not be rotated.");
            return true;
        }, cancellationToken);

    public Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken) =>
        connection.QueryAsync($"compare {pair.Base} and {pair.Twin}", () => Compare(pair), cancellationToken);

    public Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken) =>
        connection.ExecuteAsync($"create {pair.Twin} locked", () =>
        {
            var clone = Server.Find(pair.Twin) ?? Server.Add(new SimulatedAccount(pair.Twin) { IsLocked = true });
            return new Change(clone, ChangeKind.Created);
        }, cancellationToken);

    public async Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
    {
        if (simulation.World.HasTransactionalRights)
        {
            await connection.ExecuteAsync($"{changes.Count} rights of {pair.Twin}", () => Apply(pair, changes), cancellationToken);
            return;
        }
        foreach (var change in changes)
            await connection.ExecuteAsync($"{change.Statement} {pair.Twin}", () => Apply(pair, [change]), cancellationToken);
    }

    public Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken)
    {
        var wanted = password.RevealText();
        return connection.ExecuteAsync($"activate {username}", () =>
        {
            SimulatedPasswords.DemandAllowed(Server, wanted);
            var account = Existing(username);
            account.Passwords.Clear();
            account.Passwords.Add(wanted);
            account.IsLocked = false;
            return new Change(account, ChangeKind.Password, wanted);
        }, cancellationToken);
    }

    public IAccountPasswords PasswordsOf(string username) =>
        simulation.Setup.Passwords(new SimulatedPasswords(connection, username, overlap));

    public Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
        SimulatedEngine.ReadRulesAsync(connection, cancellationToken);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        SimulatedEngine.IsSameSystemAsync(simulation, connection, otherIdentity, cancellationToken);

    public ValueTask DisposeAsync()
    {
        connection.Break();
        return ValueTask.CompletedTask;
    }

    private PairComparison Compare(UserPair pair)
    {
        var (original, clone) = (Server.Find(pair.Base), Server.Find(pair.Twin));
        List<RightsChange> changes =
        [
            .. (original?.Rights ?? []).Except(clone?.Rights ?? []).Select(right => Difference(RightsChangeKind.Add, "grant", right)),
            .. (clone?.Rights ?? []).Except(original?.Rights ?? []).Select(right => Difference(RightsChangeKind.Remove, "revoke", right)),
        ];
        return new PairComparison(original is not null, clone is not null, changes, clone is null ? [$"create {pair.Twin}"] : []);
    }

    private static RightsChange Difference(RightsChangeKind kind, string verb, string right) => new(kind, right, $"{verb} {right}");

    private Change Apply(UserPair pair, IReadOnlyList<RightsChange> changes)
    {
        var clone = Existing(pair.Twin);
        foreach (var change in changes)
        {
            if (change.Kind == RightsChangeKind.Add) clone.Rights.Add(change.Right);
            else clone.Rights.Remove(change.Right);
        }
        return new Change(clone, ChangeKind.Rights);
    }

    private SimulatedAccount Existing(string username) =>
        Server.Find(username) ?? throw new RotatorException(FailureCause.Other, $"There is no user {username}.", null, "1396");
}
