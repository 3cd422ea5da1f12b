using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redis;

/// <summary>
/// A superuser's session, with one to each server of the set. On each server the clone is made equal to the base of that server: users are
/// the servers' own, and an operator may have reasons to let an account do less on a replica.
/// </summary>
internal sealed class RedisAdministrator(RedisServer given, RedisFacts facts, DatabaseCredentials superuser, RotatorOptions options)
    : IAdministratorSession
{
    private readonly RedisIdentity _identity = RedisIdentity.Of(given.Connection, superuser.Host, facts);

    /// <summary>Which server and words a change that was handed out stands for.</summary>
    private readonly Dictionary<RightsChange, (RedisServer Server, AclChange Change)> _changes = new(ReferenceEqualityComparer.Instance);

    private RedisServers? _servers;

    public string ServerIdentity => _identity.ToString();

    public async Task DemandRotatableAsync(string username, CancellationToken cancellationToken)
    {
        if (username == DatabaseEngine.Redis.DefaultUsername)
            throw Failures.Precondition($"The user {username} is the server's own; without a superuser secret it changes its own password");
        if (username == superuser.Username) throw Failures.Precondition("The superuser cannot be the user that it rotates");
        var reply = await given.Connection.AskAsync(["ACL", "DRYRUN", username, "ACL", "SETUSER", username], cancellationToken);
        var isPowerful = reply.IsOk;
        if (reply.IsError)
        {
            var failure = RedisErrors.FromReply(reply, given.At, "ACL DRYRUN");
            if (failure.Cause == FailureCause.Privilege) throw failure;
            isPowerful = await IsPowerfulByRulesAsync(username, cancellationToken);
        }
        if (isPowerful)
        {
            throw Failures.Precondition(
                $"The user {username} may change users itself (ACL SETUSER), so that it is no application's. Take the right from it "
                    + "(-@admin), or rotate it without a superuser");
        }
    }

    public async Task<PairComparison> CompareAsync(UserPair pair, CancellationToken cancellationToken)
    {
        List<RightsChange> changes = [];
        List<string> creating = [];
        var (baseExists, cloneExists) = (false, true);
        var servers = await ServersAsync(cancellationToken);
        foreach (var server in servers)
        {
            var original = await server.FindUserAsync(pair.Base, cancellationToken);
            if (server == given) baseExists = original is not null;
            if (original is null) continue;
            var clone = await server.FindUserAsync(pair.Twin, cancellationToken);
            if (clone is null)
            {
                cloneExists = false;
                creating.Add($"ACL SETUSER {AclText.Name(pair.Twin)}{On(server, servers)}");
            }
            foreach (var change in AclComparison.Of(original.Rules, clone?.Rules ?? AclRules.None))
                changes.Add(HandOut(change, server, pair, servers));
        }
        if (!baseExists) cloneExists = await given.FindUserAsync(pair.Twin, cancellationToken) is not null;
        return new PairComparison(baseExists, cloneExists, changes, creating);
    }

    public async Task CreateLockedAsync(UserPair pair, CancellationToken cancellationToken)
    {
        foreach (var server in await ServersAsync(cancellationToken))
        {
            if (await server.FindUserAsync(pair.Base, cancellationToken) is null) continue;
            // A new user is off and has no password; this leaves one that exists as it is.
            await server.SetUserAsync(pair.Twin, [], cancellationToken);
        }
    }

    public async Task ApplyAsync(UserPair pair, IReadOnlyList<RightsChange> changes, CancellationToken cancellationToken)
    {
        foreach (var group in changes.Select(change => _changes[change]).GroupBy(change => change.Server))
        {
            // One command a server: at no moment does an application see the one half of its rights.
            var words = group.SelectMany(change => change.Change.Words).ToList();
            await group.Key.SetUserAsync(pair.Twin, words, cancellationToken);
            await RedisPersistence.SaveAsync(group.Key, withSettings: false, options, cancellationToken);
        }
    }

    public Task ActivateAsync(string username, Sensitive password, CancellationToken cancellationToken) =>
        new RedisPasswords(given, superuser, username, options).ActivateAsync(password, cancellationToken);

    public IAccountPasswords PasswordsOf(string username) => new RedisPasswords(given, superuser, username, options);

    public Task<PasswordRules> ReadPasswordRulesAsync(string username, CancellationToken cancellationToken) =>
        Task.FromResult(PasswordRules.None);

    public async Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken)
    {
        var other = RedisIdentity.Parse(otherIdentity);
        if (_identity.IsSameSystem(other, [])) return true;
        await ServersAsync(cancellationToken);
        return _identity.IsSameSystem(other, _servers!.Addresses);
    }

    public async Task<int> EndSessionsAsync(string username, CancellationToken cancellationToken)
    {
        var ended = 0;
        foreach (var server in await ServersAsync(cancellationToken))
            ended += await server.EndConnectionsAsync(username, cancellationToken);
        return ended;
    }

    public async ValueTask DisposeAsync()
    {
        if (_servers is not null) await _servers.DisposeAsync();
        await given.DisposeAsync();
    }

    private async Task<IReadOnlyList<RedisServer>> ServersAsync(CancellationToken cancellationToken)
    {
        _servers ??= await RedisServers.OpenAsync(given, superuser, [superuser.Password], options, cancellationToken);
        return _servers.All;
    }

    private RightsChange HandOut(AclChange change, RedisServer server, UserPair pair, IReadOnlyList<RedisServer> servers)
    {
        var place = On(server, servers);
        var statement = change.Words.Count == 0
            ? "(with the one before)"
            : $"ACL SETUSER {AclText.Name(pair.Twin)} {AclText.Rules(change.Words)}{place}";
        var handedOut = new RightsChange(change.Kind, AclText.Rules(change.Right.Split(' ')) + place, statement);
        _changes[handedOut] = (server, change);
        return handedOut;
    }

    private static string On(RedisServer server, IReadOnlyList<RedisServer> servers) => servers.Count == 1 ? "" : $" at {server.At}";

    /// <summary>For servers that cannot be asked: version 6. Any rule that may give the right counts.</summary>
    private async Task<bool> IsPowerfulByRulesAsync(string username, CancellationToken cancellationToken)
    {
        if (await given.FindUserAsync(username, cancellationToken) is not { } user) return false;
        var isPowerful = false;
        foreach (var rule in user.Rules.Commands.Split(' '))
        {
            if (rule is "+@all" or "+@admin" or "+@dangerous" or "+@slow" or "+acl" or "+acl|setuser") isPowerful = true;
            else if (rule is "-@all" or "-@admin" or "-@dangerous" or "-@slow" or "-acl" or "-acl|setuser") isPowerful = false;
        }
        return isPowerful;
    }
}
