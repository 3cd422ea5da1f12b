using System.Globalization;
using Rekey.Aws;

namespace Rekey.Rotators.Redis;

/// <summary>What one logged-in server can be asked about users, and told.</summary>
internal sealed class RedisServer(RedisConnection connection) : IAsyncDisposable
{
    public RedisConnection Connection => connection;

    public string At => connection.Endpoint.ToString();

    /// <summary>Null when the user may not ask.</summary>
    public async Task<RedisFacts?> FindFactsAsync(CancellationToken cancellationToken)
    {
        var reply = await connection.AskAsync(["INFO"], cancellationToken);
        return reply.IsError ? null : Read(() => RedisFacts.Parse(reply.Text));
    }

    /// <inheritdoc cref="FindFactsAsync"/>
    public async Task<RedisFacts> GetFactsAsync(CancellationToken cancellationToken)
    {
        using var command = new RespCommand("INFO");
        var reply = await connection.DemandAsync(command, "INFO", cancellationToken);
        return Read(() => RedisFacts.Parse(reply.Text));
    }

    public async Task<IReadOnlyList<RedisEndpoint>> ReadClusterAsync(CancellationToken cancellationToken)
    {
        using var command = new RespCommand("CLUSTER", "NODES");
        var reply = await connection.DemandAsync(command, "CLUSTER NODES", cancellationToken);
        return Read(() => RedisFacts.ParseClusterNodes(reply.Text, connection.Endpoint));
    }

    /// <summary>Null when there is no such user.</summary>
    public async Task<AclUser?> FindUserAsync(string username, CancellationToken cancellationToken)
    {
        using var command = new RespCommand("ACL", "GETUSER", username);
        var reply = await connection.DemandAsync(command, "ACL GETUSER", cancellationToken);
        return Read(() => AclUser.Parse(reply));
    }

    /// <summary>Changes a user, or makes it; all words at once or none of them.</summary>
    public async Task SetUserAsync(string username, IEnumerable<string> words, CancellationToken cancellationToken)
    {
        using var command = new RespCommand("ACL", "SETUSER", username);
        foreach (var word in words) command.AddOctets(word);
        await connection.DemandAsync(command, "ACL SETUSER", cancellationToken);
    }

    /// <summary>Ends the connections that are logged in as the user, and returns how many.</summary>
    public async Task<int> EndConnectionsAsync(string username, CancellationToken cancellationToken)
    {
        using var command = new RespCommand("CLIENT", "KILL", "USER", username);
        var reply = await connection.DemandAsync(command, "CLIENT KILL", cancellationToken);
        return int.TryParse(reply.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var ended) ? ended : 0;
    }

    /// <summary>Whether ACL SETUSER may be run, found out by one that changes nothing about a user that exists.</summary>
    public async Task<bool> MaySetUserAsync(string username, CancellationToken cancellationToken)
    {
        var reply = await connection.AskAsync(["ACL", "SETUSER", username], cancellationToken);
        if (!reply.IsError) return true;
        var failure = RedisErrors.FromReply(reply, At, "ACL SETUSER");
        return failure.Cause == FailureCause.Privilege ? false : throw failure;
    }

    /// <summary>
    /// Whether replication logs in as the user, so that its password stands in masterauth too; null when the server does not say.
    /// </summary>
    public async Task<bool?> IsReplicationUserAsync(string username, CancellationToken cancellationToken)
    {
        var user = await FindSettingAsync("masteruser", cancellationToken);
        if (user is null) return null;
        var name = user.Bytes.Length == 0 ? DatabaseEngine.Redis.DefaultUsername : user.Text;
        if (name != username) return false;
        if (await FindSettingAsync("masterauth", cancellationToken) is not { } password) return null;
        var isSet = password.Bytes.Length > 0;
        Array.Clear(password.Bytes);
        return isSet;
    }

    public async Task SetReplicationPasswordAsync(Sensitive password, CancellationToken cancellationToken)
    {
        using var command = new RespCommand("CONFIG", "SET", "masterauth").Add(password);
        await connection.DemandAsync(command, "CONFIG SET masterauth", cancellationToken);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<RespReply?> FindSettingAsync(string name, CancellationToken cancellationToken)
    {
        var reply = await connection.AskAsync(["CONFIG", "GET", name], cancellationToken);
        return reply.Items.Count == 2 ? reply.Items[1] : null;
    }

    private T Read<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (InvalidDataException)
        {
            throw new RotatorException(FailureCause.Other, $"{At} describes itself in a form that is not known.");
        }
    }
}
