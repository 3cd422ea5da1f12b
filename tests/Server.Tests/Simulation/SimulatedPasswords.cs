using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;

namespace Rekey.Server.Tests.Simulation;

/// <summary>The passwords of one account in the way of an engine. Each statement is one call.</summary>
internal sealed class SimulatedPasswords(Connection connection, string username, OverlapKind overlap) : IAccountPasswords
{
    private const int PasswordsMax = 2;

    public static void DemandAllowed(SimulatedServer server, string wanted)
    {
        if (wanted.Length < server.PasswordLengthMin)
            throw new RotatorException(FailureCause.Policy, "The password does not satisfy the server's rules.", null, "1819");
    }

    public Task<bool> CanOverlapAsync(CancellationToken cancellationToken) => Task.FromResult(overlap != OverlapKind.None);

    public Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken) =>
        SetAsync("only password of", wanted, _ => [], cancellationToken);

    public async Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken)
    {
        var (old, next) = (kept.RevealText(), wanted.RevealText());
        switch (overlap)
        {
            case OverlapKind.Together:
                await SetAsync("two passwords of", wanted, _ => old == next ? [] : [old], cancellationToken);
                break;
            case OverlapKind.Retain:
                // The one to keep must be the primary one before the new one pushes it aside.
                await SetAsync("retain, kept password of", kept, present => present.TakeLast(1).Where(p => p != old), cancellationToken);
                if (old != next)
                    await SetAsync("retain, new password of", wanted, present => present.TakeLast(1), cancellationToken);
                break;
            case OverlapKind.List:
                await SetAsync("add password to", wanted, present => present.Where(p => p != next), cancellationToken);
                await RemoveOthersAsync([old, next], cancellationToken);
                break;
            default:
                throw new InvalidOperationException("This engine keeps one password per account.");
        }
    }

    public Task RetireAsync(Sensitive kept, CancellationToken cancellationToken) =>
        overlap == OverlapKind.None ? Task.CompletedTask : RemoveOthersAsync([kept.RevealText()], cancellationToken);

    public IReadOnlyList<string> Statements(PasswordChange change) => [$"{change} password of {username}"];

    private Task SetAsync(
        string text, Sensitive wanted, Func<List<string>, IEnumerable<string>> kept, CancellationToken cancellationToken)
    {
        var value = wanted.RevealText();
        return connection.ExecuteAsync($"{text} {username}", () =>
        {
            var account = Existing();
            if (!account.Passwords.Contains(value)) DemandAllowed(connection.Server, value);
            string[] stays = [.. kept(account.Passwords)];
            account.Passwords.Clear();
            account.Passwords.AddRange(stays);
            account.Passwords.Add(value);
            return new Change(account, ChangeKind.Password, value);
        }, cancellationToken);
    }

    private Task RemoveOthersAsync(string[] stay, CancellationToken cancellationToken) =>
        connection.ExecuteAsync($"remove passwords of {username}", () =>
        {
            var account = Existing();
            account.Passwords.RemoveAll(password => !stay.Contains(password));
            if (account.Passwords.Count > PasswordsMax) throw new InvalidOperationException("More than two passwords.");
            return new Change(account, ChangeKind.Retired);
        }, cancellationToken);

    private SimulatedAccount Existing() =>
        connection.Server.Find(username) ?? throw new RotatorException(FailureCause.Other, $"There is no user {username}.", null, "1396");
}
