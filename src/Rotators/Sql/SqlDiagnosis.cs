using System.Runtime.CompilerServices;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Sql;

/// <summary>What a rotation with the current credentials would meet, hop by hop. Changes nothing.</summary>
/// <param name="logIn">Opens a session with the credentials.</param>
/// <param name="describeTls">What the session says of its encryption.</param>
/// <param name="describePrivileges">Whether the account may change its own password.</param>
internal sealed class SqlDiagnosis(
    RotatorOptions options, DatabaseCredentials current,
    Func<CancellationToken, Task<IAccountSession>> logIn,
    Func<IAccountSession, CancellationToken, Task<string>> describeTls,
    Func<IAccountSession, CancellationToken, Task<HopResult>> describePrivileges)
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
            if (failure!.Cause == FailureCause.Auth) yield return new HopResult("tls", Ok: true, "no objection before the login");
            yield return Failed(failure);
            yield break;
        }
        await using (session)
        {
            yield return await HopAsync("tls", async () =>
                new HopResult("tls", Ok: true, await describeTls(session, cancellationToken)));
            yield return new HopResult("login", Ok: true, $"{current.Username} on {session.ServerIdentity}");
            yield return await HopAsync("privileges", () => describePrivileges(session, cancellationToken));
        }
    }

    private async Task<(IAccountSession? Session, RotatorException? Failure)> LogInAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await logIn(cancellationToken), null);
        }
        catch (RotatorException e)
        {
            return (null, e);
        }
    }

    private static async Task<HopResult> HopAsync(string hop, Func<Task<HopResult>> walk)
    {
        try
        {
            return await walk();
        }
        catch (RotatorException e)
        {
            return new HopResult(hop, Ok: false, e.Message, "Mend what the text says.", e.Cause);
        }
    }

    private static HopResult Failed(RotatorException failure) => failure.Cause switch
    {
        FailureCause.Tls => new HopResult("tls", Ok: false, failure.Message,
            "Give the server a certificate for the secret's host, and Rekey's machine the authority that signed it; "
                + "or set \"ssl\" in the secret to what the server offers.", failure.Cause),
        FailureCause.Auth => new HopResult("login", Ok: false, failure.Message,
            "Compare the password with what the database holds; if somebody changed it there, store that as the secret's value.",
            failure.Cause),
        _ => new HopResult("login", Ok: false, failure.Message, "Mend what the text says.", failure.Cause),
    };
}
