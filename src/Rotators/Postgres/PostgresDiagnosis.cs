using System.Runtime.CompilerServices;

namespace Rekey.Rotators.Postgres;

/// <summary>What a rotation with the current credentials would meet, hop by hop. Changes nothing.</summary>
internal sealed class PostgresDiagnosis(PostgresLogin login, DatabaseCredentials current)
{
    public async IAsyncEnumerable<HopResult> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var resolved = await Reachability.ResolveAsync(current.Host, login.Options, cancellationToken);
        yield return resolved;
        if (!resolved.Ok) yield break;

        var connected = await Reachability.ConnectAsync(current.Host, current.Port, login.Options, cancellationToken);
        yield return connected;
        if (!connected.Ok) yield break;

        var encrypted = await CheckTlsAsync(cancellationToken);
        yield return encrypted;
        if (!encrypted.Ok) yield break;

        var (loggedIn, session) = await LogInAsync(cancellationToken);
        yield return loggedIn;
        if (session is null) yield break;

        await using (session) yield return CheckPrivileges(session);
    }

    private async Task<HopResult> CheckTlsAsync(CancellationToken cancellationToken)
    {
        const string Hop = "tls";
        if (current.Tls == TlsMode.Plaintext) return new HopResult(Hop, Ok: true, "not used: ssl is false in the secret");
        try
        {
            var answer = await TlsProbe.AskAsync(current, login.Options, cancellationToken);
            if (answer.Fault is { } fault)
            {
                return new HopResult(Hop, Ok: false, $"{fault} (shown: {answer.Subject}, until {answer.Expires:yyyy-MM-dd})",
                    "Give the server a certificate for the secret's host, and Rekey the file of the authority that signed it.",
                    FailureCause.Tls);
            }
            if (answer.IsSpoken)
                return new HopResult(Hop, Ok: true, $"{answer.Protocol}, {answer.Subject}, until {answer.Expires:yyyy-MM-dd}");
            return current.Tls == TlsMode.VerifiedOrPlaintext
                ? new HopResult(Hop, Ok: true, "the server does not speak it; the operator allows plaintext")
                : new HopResult(Hop, Ok: false, "the server does not speak it",
                    "Set ssl = on and a certificate in postgresql.conf, or \"ssl\": false in the secret.", FailureCause.Tls);
        }
        catch (RotatorException e)
        {
            return new HopResult(Hop, Ok: false, e.Message, "Check what listens on that port.", e.Cause);
        }
    }

    private async Task<(HopResult Hop, PostgresSession? Session)> LogInAsync(CancellationToken cancellationToken)
    {
        const string Hop = "login";
        try
        {
            var session = await login.LogInAsync(current, cancellationToken);
            var manner = session.Exchange switch
            {
                PasswordExchange.None => "no password was asked for (trust, peer or certificate in pg_hba.conf), which proves nothing",
                PasswordExchange.Scram => "SCRAM-SHA-256",
                PasswordExchange.Md5 => "MD5",
                _ => "the password itself goes over the connection",
            };
            return (new HopResult(Hop, Ok: true, $"{session.Account.Name} on {session.Account.ServerVersion / 10000}: {manner}"), session);
        }
        catch (RotatorException e)
        {
            var remedy = e.Cause == FailureCause.Auth
                ? "Compare the password with what the database holds; if somebody changed it there, store that as the secret's value."
                : "Mend what the text says.";
            return (new HopResult(Hop, Ok: false, e.Message, remedy, e.Cause), null);
        }
    }

    private static HopResult CheckPrivileges(PostgresSession session)
    {
        const string Hop = "privileges";
        try
        {
            session.DemandChangeable();
        }
        catch (RotatorException e)
        {
            return new HopResult(Hop, Ok: false, e.Message, "Mend what the text says.", e.Cause);
        }
        var account = session.Account;
        if (account.ConnectionLimit > 1 && account.Connections >= account.ConnectionLimit)
        {
            return new HopResult(Hop, Ok: false, $"all {account.ConnectionLimit} connections the role may have are in use",
                "A rotation needs a second one beside its first: raise the role's CONNECTION LIMIT.", FailureCause.Unavailable);
        }
        var form = session.UsesMd5 ? "an MD5 hash" : "a SCRAM-SHA-256 verifier";
        var validity = account.ValidUntil is { } until ? $"; note that its passwords end at {until} (VALID UNTIL)" : "";
        return new HopResult(Hop, Ok: true, $"the user may change its own password, of which the server keeps {form}{validity}");
    }
}
