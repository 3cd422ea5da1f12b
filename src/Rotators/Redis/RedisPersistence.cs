namespace Rekey.Rotators.Redis;

/// <summary>
/// Writes a server's users to where it reads them at its next start: the file of aclfile, else its configuration file. Without either
/// they are lost then, which the operator is told.
/// </summary>
internal static class RedisPersistence
{
    /// <param name="server">The server.</param>
    /// <param name="withSettings">Settings were changed too (masterauth), which stand in the configuration file alone.</param>
    /// <param name="options">Whom to tell.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task SaveAsync(RedisServer server, bool withSettings, RotatorOptions options, CancellationToken cancellationToken)
    {
        var saved = await server.Connection.AskAsync(["ACL", "SAVE"], cancellationToken);
        if (!saved.IsError)
        {
            if (withSettings) await RewriteAsync(server, "masterauth", options, cancellationToken);
            return;
        }
        if (RedisErrors.FromReply(saved, server.At, "ACL SAVE").Cause == FailureCause.Privilege)
        {
            Tell(options, server, "Rekey's user may not run ACL SAVE");
            return;
        }
        if (!saved.Text.Contains("not configured to use an ACL file", StringComparison.Ordinal))
        {
            throw new RotatorException(FailureCause.Unavailable,
                $"{server.At} holds the new password but could not write its file of users (aclfile).");
        }
        if (await HoldsQuotesAsync(server, cancellationToken))
        {
            // The server writes such a name or pattern as it is, and does not start again from what it wrote.
            Tell(options, server, "a user's name or pattern has a quote in it, with which it would not start from a rewritten "
                + "configuration file: use aclfile");
            return;
        }
        await RewriteAsync(server, "its users", options, cancellationToken);
    }

    private static async Task RewriteAsync(RedisServer server, string what, RotatorOptions options, CancellationToken cancellationToken)
    {
        var rewritten = await server.Connection.AskAsync(["CONFIG", "REWRITE"], cancellationToken);
        if (!rewritten.IsError) return;
        if (RedisErrors.FromReply(rewritten, server.At, "CONFIG REWRITE").Cause == FailureCause.Privilege)
            Tell(options, server, $"Rekey's user may not run CONFIG REWRITE, which would keep {what}");
        else if (rewritten.Text.Contains("without a config file", StringComparison.Ordinal))
            Tell(options, server, "it has neither aclfile nor a configuration file");
        else
            throw new RotatorException(FailureCause.Unavailable, $"{server.At} could not rewrite its configuration file.");
    }

    private static async Task<bool> HoldsQuotesAsync(RedisServer server, CancellationToken cancellationToken)
    {
        var users = await server.Connection.AskAsync(["ACL", "LIST"], cancellationToken);
        if (users.IsError) return true;
        return users.Items.Any(line => line.Bytes.AsSpan().ContainsAny((byte)'"', (byte)'\''));
    }

    private static void Tell(RotatorOptions options, RedisServer server, string why) =>
        options.Notice?.Invoke($"The users of {server.At} are as they were after its next restart: {why}.");
}
