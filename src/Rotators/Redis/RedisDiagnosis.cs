using System.Runtime.CompilerServices;

namespace Rekey.Rotators.Redis;

/// <summary>What a rotation with the current credentials would meet, hop by hop. Changes nothing.</summary>
internal sealed class RedisDiagnosis(RedisLogin login, DatabaseCredentials current)
{
    public async IAsyncEnumerable<HopResult> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var resolved = await Reachability.ResolveAsync(current.Host, login.Options, cancellationToken);
        yield return resolved;
        if (!resolved.Ok) yield break;

        var connected = await Reachability.ConnectAsync(current.Host, current.Port, login.Options, cancellationToken);
        yield return connected;
        if (!connected.Ok) yield break;

        var (hops, session) = await LogInAsync(cancellationToken);
        foreach (var hop in hops) yield return hop;
        if (session is null) yield break;

        await using (session) yield return await CheckPrivilegesAsync(session, cancellationToken);
    }

    /// <summary>The hops tls and login, which one connection makes.</summary>
    private async Task<(List<HopResult> Hops, RedisSession? Session)> LogInAsync(CancellationToken cancellationToken)
    {
        try
        {
            var session = await login.LogInAsync(current, cancellationToken);
            var version = session.Facts is { } facts ? $"version {facts.Version}" : "version unknown: it may not run INFO";
            var tls = Tls(session.Server.Connection.IsEncrypted);
            return ([tls, new HopResult("login", Ok: true, $"{current.Username}, {version}")], session);
        }
        catch (RotatorException e) when (e.Cause == FailureCause.Tls)
        {
            const string Remedy = "Give the server a certificate for the secret's host, and Rekey the file of the authority that signed "
                + "it; or set \"ssl\": false in the secret.";
            return ([new HopResult("tls", Ok: false, e.Message, Remedy, e.Cause)], null);
        }
        catch (RotatorException e)
        {
            var remedy = e.Cause == FailureCause.Auth
                ? "Compare the password with what the server holds (ACL GETUSER); if somebody changed it there, store that in the secret."
                : "Mend what the text says.";
            return ([new HopResult("login", Ok: false, e.Message, remedy, e.Cause)], null);
        }
    }

    private HopResult Tls(bool isEncrypted) => new("tls", Ok: true, isEncrypted
        ? "the certificate is for the secret's host, and trusted"
        : current.Tls == TlsMode.Plaintext
            ? "not used: ssl is false in the secret"
            : "the server does not speak it; the operator allows plaintext");

    private static async Task<HopResult> CheckPrivilegesAsync(RedisSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Passwords.CanOverlapAsync(cancellationToken)
                ? new HopResult("privileges", Ok: true, "the user may change passwords (ACL SETUSER)")
                : new HopResult(
                    "privileges", Ok: false, "the user may not change passwords (ACL SETUSER)",
                    "Give the secret a superuser (masterarn); an application's own user should not have that right.",
                    FailureCause.Privilege);
        }
        catch (RotatorException e)
        {
            return new HopResult("privileges", Ok: false, e.Message, "Mend what the text says.", e.Cause);
        }
    }
}
