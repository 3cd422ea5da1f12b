using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redis;

/// <summary>
/// The passwords of one user on every server of its set. A server is told the hashes that log in, all in one ACL SETUSER, which it carries
/// out whole or not at all; it never sees the password itself, but for masterauth where replication logs in as this user.
/// </summary>
/// <param name="given">The server that the secret names.</param>
/// <param name="credentials">With which it was logged in to: the user's own, or the superuser's.</param>
internal sealed class RedisPasswords(RedisServer given, DatabaseCredentials credentials, string username, RotatorOptions options)
    : IAccountPasswords
{
    public Task<bool> CanOverlapAsync(CancellationToken cancellationToken) =>
        username == credentials.Username
            ? given.MaySetUserAsync(username, cancellationToken)
            : Task.FromResult(true); // the superuser's rights are looked at before the change

    public Task ReplaceAsync(Sensitive? present, Sensitive wanted, CancellationToken cancellationToken) =>
        SetAsync([wanted], wanted, [wanted], isRetirement: false, activates: false, cancellationToken);

    public Task AddAsync(Sensitive kept, Sensitive wanted, CancellationToken cancellationToken) =>
        SetAsync([kept, wanted], wanted, [kept, wanted], isRetirement: false, activates: false, cancellationToken);

    public Task RetireAsync(Sensitive kept, CancellationToken cancellationToken) =>
        SetAsync([kept], kept, [kept], isRetirement: true, activates: false, cancellationToken);

    /// <summary>Replaces the password and lets the user log in, in one command.</summary>
    public Task ActivateAsync(Sensitive wanted, CancellationToken cancellationToken) =>
        SetAsync([wanted], wanted, [wanted], isRetirement: false, activates: true, cancellationToken);

    public IReadOnlyList<string> Statements(PasswordChange change)
    {
        var name = AclText.Name(username);
        return change switch
        {
            PasswordChange.Add => [$"ACL SETUSER {name} resetpass #*** #***", "ACL SAVE"],
            _ => [$"ACL SETUSER {name} resetpass #***", "ACL SAVE"],
        };
    }

    private async Task SetAsync(
        IReadOnlyList<Sensitive> passwords, Sensitive replicationPassword, IReadOnlyList<Sensitive> own, bool isRetirement,
        bool activates, CancellationToken cancellationToken)
    {
        List<Sensitive> logins = [credentials.Password];
        if (username == credentials.Username) logins.AddRange(own.Where(password => !password.FixedTimeEquals(credentials.Password)));
        await DemandMayChangeAsync(given, cancellationToken);
        await using var servers = await RedisServers.OpenAsync(given, credentials, logins, options, cancellationToken);
        var (holders, replicating) = await PrepareAsync(servers, cancellationToken);

        // Replication must at no moment log in with a password that is no longer, or not yet, accepted.
        if (isRetirement) await SetReplicationAsync(replicating, replicationPassword, cancellationToken);
        var hashes = passwords.Select(HashOf).Distinct().Order(StringComparer.Ordinal).ToList();
        foreach (var server in holders) await SetAsync(server, hashes, activates, cancellationToken);
        if (!isRetirement) await SetReplicationAsync(replicating, replicationPassword, cancellationToken);

        foreach (var server in holders)
        {
            await VerifyAsync(server, hashes, cancellationToken);
            await RedisPersistence.SaveAsync(server, replicating.Contains(server), options, cancellationToken);
        }
    }

    /// <summary>True when the server has the user, whose password may be changed there.</summary>
    private async Task<bool> DemandMayChangeAsync(RedisServer server, CancellationToken cancellationToken)
    {
        if (await FindUserAsync(server, cancellationToken) is null)
        {
            if (server == given) throw Failures.Precondition($"{server.At} has no user {username}");
            options.Notice?.Invoke($"{server.At} has no user {username}: nobody will log in so after a failover to it.");
            return false;
        }
        return await server.MaySetUserAsync(username, cancellationToken) ? true : throw RedisErrors.MayNotChange(server.At);
    }

    /// <summary>Everything that can be found out before anything is changed.</summary>
    private async Task<(List<RedisServer> Holders, List<RedisServer> Replicating)> PrepareAsync(
        RedisServers servers, CancellationToken cancellationToken)
    {
        List<RedisServer> holders = [], replicating = [];
        foreach (var server in servers.All)
        {
            if (!await DemandMayChangeAsync(server, cancellationToken)) continue;
            holders.Add(server);
            var replicates = await server.IsReplicationUserAsync(username, cancellationToken);
            if (replicates == true) replicating.Add(server);
            // It forbids CONFIG, as managed services do, which replicate by other means.
            if (replicates is null && servers.All.Count > 1)
                options.Notice?.Invoke($"{server.At} does not show masteruser: if replication logs in as {username}, set masterauth anew.");
        }
        return (holders, replicating);
    }

    private async Task<AclUser?> FindUserAsync(RedisServer server, CancellationToken cancellationToken)
    {
        try
        {
            return await server.FindUserAsync(username, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Privilege)
        {
            throw RedisErrors.MayNotChange(server.At);
        }
    }

    private async Task SetAsync(RedisServer server, IReadOnlyList<string> hashes, bool activates, CancellationToken cancellationToken)
    {
        List<string> words = ["resetpass", .. hashes.Select(hash => "#" + hash)];
        if (activates) words.Add("on");
        try
        {
            await server.SetUserAsync(username, words, cancellationToken);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Privilege)
        {
            // It was allowed a moment ago, and another server may have been changed since.
            throw new RotatorException(FailureCause.Conflict, $"{server.At} took the right to change passwords away meanwhile.");
        }
    }

    private static async Task SetReplicationAsync(
        IEnumerable<RedisServer> servers, Sensitive password, CancellationToken cancellationToken)
    {
        foreach (var server in servers) await server.SetReplicationPasswordAsync(password, cancellationToken);
    }

    private async Task VerifyAsync(RedisServer server, IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        var user = await FindUserAsync(server, cancellationToken);
        if (user is { AnyPassword: false } && user.Hashes.SequenceEqual(hashes)) return;
        throw new RotatorException(FailureCause.Conflict, $"The user's passwords at {server.At} were changed by somebody else meanwhile.");
    }

    private static string HashOf(Sensitive password) => Convert.ToHexStringLower(SHA256.HashData(password.Reveal()));
}
