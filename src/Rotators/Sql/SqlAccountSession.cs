using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Sql;

/// <summary>A connection of the account whose password rotates.</summary>
/// <param name="session">Owned.</param>
/// <param name="probe">A query that needs no privilege.</param>
/// <param name="rules">Reads the server's password rules as far as the account may.</param>
/// <param name="isSameSystem">Whether the given identity belongs to the server that answered.</param>
internal sealed class SqlAccountSession(
    SqlSession session, string serverIdentity, IAccountPasswords passwords, string probe,
    Func<CancellationToken, Task<PasswordRules>> rules, Func<string, bool> isSameSystem) : IAccountSession
{
    public SqlSession Session => session;

    public string ServerIdentity => serverIdentity;

    public IAccountPasswords Passwords => passwords;

    public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) => rules(cancellationToken);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        Task.FromResult(isSameSystem(otherIdentity));

    public async Task ProbeAsync(CancellationToken cancellationToken) => await session.QueryAsync(probe, cancellationToken);

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
