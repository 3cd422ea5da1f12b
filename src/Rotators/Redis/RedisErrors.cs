using System.Net.Sockets;
using System.Security.Authentication;

namespace Rekey.Rotators.Redis;

/// <summary>
/// Failures as classes of causes. Of what the server says only its error's first word is passed on: a code, never text of its own.
/// </summary>
internal static class RedisErrors
{
    private const int CodeLengthMax = 20;

    /// <summary>What an administrator of accounts must be allowed to run.</summary>
    public const string Needed =
        "+acl|getuser +acl|setuser +acl|list +acl|save +acl|dryrun +info +cluster|nodes +config|get +config|set +config|rewrite";

    /// <summary>A connection that could not be made, or broke.</summary>
    public static RotatorException FromSocket(Exception failure, string at) => failure switch
    {
        RotatorException known => known,
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            new RotatorException(FailureCause.Network, $"The host name of {at} does not resolve."),
        OperationCanceledException or TimeoutException => new RotatorException(FailureCause.Timeout, $"{at} did not answer in time."),
        AuthenticationException => new RotatorException(FailureCause.Tls, $"{at} does not speak TLS, which the secret asks for."),
        SocketException socket => new RotatorException(FailureCause.Network, $"No connection to {at}: {socket.SocketErrorCode}."),
        InvalidDataException => new RotatorException(FailureCause.Other, $"{at} does not keep to the protocol of Redis."),
        IOException or ObjectDisposedException => new RotatorException(FailureCause.Network, $"The connection to {at} broke."),
        _ => new RotatorException(FailureCause.Other, $"The connection to {at} failed ({failure.GetType().Name})."),
    };

    /// <summary>A refused AUTH.</summary>
    public static RotatorException FromLogin(RespReply refusal, string at)
    {
        var code = CodeOf(refusal);
        var text = refusal.Text;
        if (code == "WRONGPASS")
        {
            return Coded(FailureCause.Auth, code,
                $"{at} refused the password; it also does so when the user does not exist or is off.");
        }
        if (text.Contains("wrong number of arguments", StringComparison.Ordinal))
            return Coded(FailureCause.Precondition, code, $"{at} is older than Redis 6: it has no users.");
        if (text.Contains("max number of clients", StringComparison.Ordinal))
            return Coded(FailureCause.Unavailable, code, $"{at} has as many clients as it may have.");
        if (code == "DENIED")
            return Coded(FailureCause.Precondition, code, $"{at} is in protected mode and lets nobody in from another machine.");
        return FromReply(refusal, at, "the login");
    }

    /// <summary>A refused command.</summary>
    /// <param name="command">Its name, without arguments.</param>
    public static RotatorException FromReply(RespReply refusal, string at, string command)
    {
        var code = CodeOf(refusal);
        return code switch
        {
            "NOPERM" => Coded(FailureCause.Privilege, code, $"{at} does not let the user run {command}."),
            "NOAUTH" => Coded(FailureCause.Auth, code, $"{at} ended the login."),
            "LOADING" or "BUSY" or "MASTERDOWN" or "CLUSTERDOWN" or "OOM" or "READONLY" or "TRYAGAIN" =>
                Coded(FailureCause.Unavailable, code, $"{at} cannot run {command} just now ({code})."),
            _ => Coded(FailureCause.Other, code, $"{at} refuses {command} ({code})."),
        };
    }

    /// <summary>The account may not change passwords, not even its own.</summary>
    public static RotatorException MayNotChange(string at) => Coded(FailureCause.Privilege, "NOPERM",
        $"The user may not change passwords at {at}. Give the secret a superuser (masterarn), which may run: {Needed}; "
            + "an application's own user should not have these rights.");

    private static string CodeOf(RespReply refusal)
    {
        var word = refusal.Text.Split(' ', 2)[0];
        return word.Length is > 0 and <= CodeLengthMax && word.All(char.IsAsciiLetterUpper) ? word : "ERR";
    }

    private static RotatorException Coded(FailureCause cause, string code, string message) => new(cause, message, nativeCode: code);
}
