using System.Runtime.CompilerServices;

namespace Rekey.Rotators.MySql;

/// <summary>What a rotation with the current credentials would meet, hop by hop. Changes nothing.</summary>
internal sealed class MySqlDiagnosis(MySqlLogin login, RotatorOptions options, DatabaseCredentials current)
{
    public async IAsyncEnumerable<HopResult> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var resolved = await Reachability.ResolveAsync(current.Host, options, cancellationToken);
        yield return resolved;
        if (!resolved.Ok) yield break;

        var connected = await Reachability.ConnectAsync(current.Host, current.Port, options, cancellationToken);
        yield return connected;
        if (!connected.Ok) yield break;

        // One connection shows both hops: the driver agrees on TLS first and only then sends the login.
        var (session, failure) = await LogInAsync(cancellationToken);
        if (session is null)
        {
            if (failure!.Cause != FailureCause.Tls) yield return new HopResult("tls", Ok: true, "no objection before the login");
            yield return Failed(failure);
            yield break;
        }
        await using (session)
        {
            yield return await DescribeTlsAsync(session, cancellationToken);
            yield return DescribeLogin(session);
            yield return await CheckPrivilegesAsync(session, cancellationToken);
        }
    }

    private async Task<(MySqlSession? Session, RotatorException? Failure)> LogInAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await login.OpenAsync(current, cancellationToken), null);
        }
        catch (RotatorException e)
        {
            return (null, e);
        }
    }

    private static HopResult Failed(RotatorException failure) => failure.Cause switch
    {
        FailureCause.Tls => new HopResult("tls", Ok: false, failure.Message,
            "Give the server a certificate for the secret's host, and Rekey the file of the authority that signed it; "
                + "or set \"ssl\" in the secret to what the server offers.", failure.Cause),
        FailureCause.Auth => new HopResult("login", Ok: false, failure.Message,
            "Compare the password with what the database holds; if somebody changed it there, store that as the secret's value.",
            failure.Cause),
        _ => new HopResult("login", Ok: false, failure.Message, "Mend what the text says.", failure.Cause),
    };

    private async Task<HopResult> DescribeTlsAsync(MySqlSession session, CancellationToken cancellationToken)
    {
        var unencrypted = current.Tls == TlsMode.Plaintext
            ? "not used: ssl is false in the secret"
            : "the server does not offer it; the operator allows plaintext";
        if (session.Account is null) return new HopResult("tls", Ok: true, current.Tls == TlsMode.Plaintext ? unencrypted : "used");
        var version = (await session.QueryAsync("SHOW SESSION STATUS LIKE 'Ssl_version'", cancellationToken))?[1];
        var detail = string.IsNullOrEmpty(version) ? unencrypted : $"{version}, certificate and host name verified";
        return new HopResult("tls", Ok: true, detail);
    }

    private static HopResult DescribeLogin(MySqlSession session) => session.Account is { } account
        ? new HopResult("login", Ok: true, $"{account.Name} on {session.Server}")
        : new HopResult("login", Ok: true, $"{session.Server} accepts the password, which has expired: a rotation mends that");

    private static async Task<HopResult> CheckPrivilegesAsync(MySqlSession session, CancellationToken cancellationToken)
    {
        const string Hop = "privileges";
        if (session.Account is null) return new HopResult(Hop, Ok: true, "the account may change its password and nothing else");
        try
        {
            if ((await session.QueryAsync("SELECT @@GLOBAL.read_only", cancellationToken))?[0] is not ("0" or null))
            {
                return new HopResult(Hop, Ok: false, "the server is read-only: accounts cannot be changed on it",
                    "Put the address of the writable server into the secret's host.", FailureCause.Unavailable);
            }
            var plugin = await session.FindPluginAsync(cancellationToken);
            if (plugin is null or "mysql_native_password" or "caching_sha2_password" or "sha256_password" or "ed25519")
            {
                var manner = plugin is null ? "" : $"; it authenticates with {plugin}";
                return new HopResult(Hop, Ok: true, $"an account may change its own password{manner}");
            }
            return new HopResult(Hop, Ok: false, $"the account authenticates with {plugin}, which keeps no password in the database",
                "Give the account a password plugin, or rotate it where its password is kept.", FailureCause.Precondition);
        }
        catch (RotatorException e)
        {
            return new HopResult(Hop, Ok: false, e.Message, "Mend what the text says.", e.Cause);
        }
    }
}
