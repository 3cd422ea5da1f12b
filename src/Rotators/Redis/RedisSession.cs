using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redis;

/// <summary>The account's own session.</summary>
internal sealed class RedisSession(RedisServer server, RedisFacts? facts, DatabaseCredentials credentials, RotatorOptions options)
    : IAccountSession
{
    public RedisServer Server => server;

    /// <summary>Null when the account may not run INFO.</summary>
    public RedisFacts? Facts => facts;

    public RedisIdentity Identity { get; } = RedisIdentity.Of(server.Connection, credentials.Host, facts);

    public string ServerIdentity => Identity.ToString();

    public IAccountPasswords Passwords => new RedisPasswords(server, credentials, credentials.Username, options);

    /// <summary>None: the server takes any password.</summary>
    public Task<PasswordRules> ReadPasswordRulesAsync(CancellationToken cancellationToken) => Task.FromResult(PasswordRules.None);

    public Task<bool> IsSameSystemAsync(string otherIdentity, CancellationToken cancellationToken) =>
        Task.FromResult(Identity.IsSameSystem(RedisIdentity.Parse(otherIdentity), []));

    /// <summary>A ping. A user that may not even ping is logged in all the same: the refusal says so.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var reply = await server.Connection.AskAsync(["PING"], cancellationToken);
        if (!reply.IsError) return;
        var failure = RedisErrors.FromReply(reply, server.At, "PING");
        if (failure.Cause != FailureCause.Privilege) throw failure;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
