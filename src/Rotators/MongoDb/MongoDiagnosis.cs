using System.Runtime.CompilerServices;

namespace Rekey.Rotators.MongoDb;

/// <summary>What a rotation with the current credentials would meet, hop by hop. Changes nothing.</summary>
internal sealed class MongoDiagnosis(MongoLogin login, DatabaseCredentials current)
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

        await using (session) yield return await CheckPrivilegesAsync(session, cancellationToken);
    }

    private async Task<HopResult> CheckTlsAsync(CancellationToken cancellationToken)
    {
        const string Hop = "tls";
        try
        {
            await using var connection = await MongoConnection.OpenAsync(
                MongoAddress.Of(current), current.Tls, login.Options, cancellationToken);
            await connection.GreetAsync(user: null, cancellationToken);
            return new HopResult(Hop, Ok: true, connection.Tls ?? (current.Tls == TlsMode.Plaintext
                ? "not used: ssl is false in the secret"
                : "the server does not speak it; the operator allows plaintext"));
        }
        catch (RotatorException e)
        {
            var remedy = e.Cause != FailureCause.Tls
                ? "Check what listens on that port, and whether it wants TLS."
                : "Give the server a certificate for the secret's host, and Rekey the file of the authority that signed it; or set "
                    + "\"ssl\": false in the secret of a server without TLS.";
            return new HopResult(Hop, Ok: false, e.Message, remedy, e.Cause);
        }
    }

    private async Task<(HopResult Hop, MongoSession? Session)> LogInAsync(CancellationToken cancellationToken)
    {
        const string Hop = "login";
        try
        {
            var session = await login.LogInAsync(current, cancellationToken);
            var who = $"{current.Username} of {MongoLogin.DatabaseOf(current)}";
            return (new HopResult(Hop, Ok: true, $"{who} logs in to {session.ServerIdentity}"), session);
        }
        catch (RotatorException e)
        {
            var remedy = e.Cause == FailureCause.Auth
                ? "Put the right password into the secret, and into dbname the database that the user was made in (admin if absent)."
                : "See the message.";
            return (new HopResult(Hop, Ok: false, e.Message, remedy, e.Cause), null);
        }
    }

    private async Task<HopResult> CheckPrivilegesAsync(MongoSession session, CancellationToken cancellationToken)
    {
        const string Hop = "privileges";
        try
        {
            var database = MongoLogin.DatabaseOf(current);
            var status = await session.Connection.RunAsync(
                database, MongoConnection.Command().Int32("connectionStatus", 1).Boolean("showPrivileges", true), cancellationToken);
            var privileges = status.FindDocument("authInfo")?.FindDocuments("authenticatedUserPrivileges") ?? [];
            if (privileges.Any(privilege => Allows(privilege, database)))
                return new HopResult(Hop, Ok: true, "the user may change its own password");
            const string Lacking = "the user may not change its own password (changeOwnPassword)";
            return login.ChangesItself && current.MasterArn is null
                ? new HopResult(Hop, Ok: false, Lacking,
                    $"Grant it a role with the action changeOwnPassword on the database {database}, or bind a superuser secret.",
                    FailureCause.Privilege)
                : new HopResult(Hop, Ok: true, $"{Lacking}, and need not: the superuser does");
        }
        catch (RotatorException e)
        {
            return new HopResult(Hop, Ok: false, e.Message, "See the message.", e.Cause);
        }
    }

    private static bool Allows(BsonDocument privilege, string database)
    {
        var actions = privilege.FindTexts("actions") ?? [];
        if (!actions.Any(action => action is "changeOwnPassword" or "changePassword" or "anyAction")) return false;
        return privilege.FindDocument("resource") is { } resource
            && (resource.FindBoolean("anyResource") || (resource.FindText("db") is { } db && (db == "" || db == database)));
    }
}
