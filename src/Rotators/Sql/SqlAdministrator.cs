using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Sql;

/// <summary>A connection of a superuser: what is alike on the engines that are spoken to in statements.</summary>
internal abstract class SqlAdministrator(SqlSession session, DatabaseCredentials superuser, string serverIdentity)
    : IAdministratorSession
{
    public string ServerIdentity => serverIdentity;

    protected SqlSession Session => session;

    protected DatabaseCredentials Superuser => superuser;

    public abstract Task DemandRotatableAsync(string username, CancellationToken cancellationToken);

    public async Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken)
    {
        var @base = await ReadRightsAsync(pair.Base, cancellationToken);
        var clone = await ReadRightsAsync(pair.Twin, cancellationToken);
        var create = @base is not null && clone is null ? await CreateStatementsAsync(pair, cancellationToken) : [];
        IReadOnlyList<RightsChange> changes = @base is null
            ? []
            : RightsComparison.Compare(Address(@base, clone ?? []), clone ?? [], Catalogued(pair.Twin));
        return new PairComparison(@base is not null, clone is not null, changes, create);
    }

    public abstract Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken);

    public virtual async Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
    {
        foreach (var change in changes)
        {
            await ApplyAsync(change, cancellationToken);
            FaultPoint.Reach("rights.after-statement");
        }
    }

    public abstract Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken);

    public abstract IAccountPasswords PasswordsOf(string username);

    public abstract Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken);

    public abstract Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return session.DisposeAsync();
    }

    /// <summary>All rights of the account; null when there is no such account.</summary>
    protected abstract Task<IReadOnlyList<Right>?> ReadRightsAsync(string username, CancellationToken cancellationToken);

    /// <summary>The catalogue's form of a name that a secret has.</summary>
    protected virtual string Catalogued(string username) => username;

    /// <summary>The base's rights in the words in which the clone is given them, where it is called otherwise.</summary>
    protected virtual IReadOnlyList<Right> Address(IReadOnlyList<Right> @base, IReadOnlyList<Right> clone) => @base;

    /// <summary>What <see cref="CreateLockedAsync"/> would send, values masked.</summary>
    protected abstract Task<IReadOnlyList<string>> CreateStatementsAsync(UserPair pair, CancellationToken cancellationToken);

    /// <summary>Carries out one change; the failure names the right, which the server's own text must not.</summary>
    protected async Task ApplyAsync(RightsChange change, CancellationToken cancellationToken)
    {
        try
        {
            await session.ExecuteAsync(change.Statement, cancellationToken);
        }
        catch (RotatorException e)
        {
            var verb = change.Kind == RightsChangeKind.Add ? "Giving the clone" : "Taking from the clone";
            throw Failures.Prefixed($"{verb} {change.Right} failed", e);
        }
    }
}
