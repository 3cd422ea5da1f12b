using System.Globalization;
using System.Net.Sockets;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// Failures as classes of causes. Texts are our own: what a server says may quote what it was sent. Codes are MongoDB's
/// (error_codes.yml), the same on every version and in every language.
/// </summary>
internal static class MongoErrors
{
    public const string CommandNotFound = "59";
    public const string MechanismUnavailable = "334";

    private const int AtlasError = 8000;

    /// <summary>A refused login.</summary>
    public static RotatorException FromLogin(RotatorException failure, MongoAddress address) => failure.NativeCode switch
    {
        // Atlas answers every refused login with a code of its own.
        "8000" or "11" => new RotatorException(FailureCause.Auth, Refused(address), nativeCode: failure.NativeCode),
        _ => failure,
    };

    /// <summary>An answer that says no, or that its write concern was not met.</summary>
    public static RotatorException FromAnswer(BsonDocument answer, MongoAddress address)
    {
        var code = (int)(answer.FindNumber("code") ?? answer.FindDocument("writeConcernError")?.FindNumber("code") ?? 0);
        var native = code.ToString(CultureInfo.InvariantCulture);
        var (cause, meaning) = Meaning(code);
        return new RotatorException(
            cause, cause == FailureCause.Auth ? Refused(address) : $"{address} says: {meaning} ({native}).", nativeCode: native);
    }

    /// <summary>A connection that could not be made, broke, or carried something else than the protocol.</summary>
    public static RotatorException FromSocket(Exception failure, MongoAddress address) => failure switch
    {
        RotatorException known => known,
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            new RotatorException(FailureCause.Network, $"The host name {address.Host} does not resolve."),
        OperationCanceledException or TimeoutException =>
            new RotatorException(FailureCause.Timeout, $"The server at {address} did not answer in time."),
        SocketException socket => new RotatorException(FailureCause.Network, $"No connection to {address}: {socket.Message}."),
        IOException or ObjectDisposedException or InvalidOperationException =>
            new RotatorException(FailureCause.Network, $"The connection to {address} broke."),
        InvalidDataException => new RotatorException(
            FailureCause.Other,
            $"What answers at {address} is no MongoDB server, or does not speak the protocol of version 3.6 and later."),
        _ => new RotatorException(FailureCause.Other, $"The connection to {address} failed ({failure.GetType().Name})."),
    };

    private static string Refused(MongoAddress address) =>
        $"{address} refused the login. It says so of a wrong password, of a user that is not in the database (dbname in the secret), "
            + "and of a client address that the user's authenticationRestrictions exclude.";

    private static (FailureCause Cause, string Meaning) Meaning(int code) => code switch
    {
        11 => (FailureCause.Precondition, "there is no such user"),
        13 => (FailureCause.Privilege, "the user may not do that"),
        18 => (FailureCause.Auth, "the login was refused"),
        2 or 9 or 14 or 40415 => (FailureCause.Other, "it does not take this command as it is"),
        31 => (FailureCause.Precondition, "a role of the base user does not exist"),
        AtlasError => (FailureCause.Privilege, "Atlas does not let clients do that"),
        59 => (FailureCause.Other, "it does not know the command"),
        334 => (FailureCause.Precondition, "it does not offer the mechanism that the user logs in by"),
        24 or 46 or 50 or 89 or 202 or 262 => (FailureCause.Timeout, "it ran out of time"),
        64 => (FailureCause.Timeout, "the change was made, but a majority of the members has not confirmed it in time"),
        79 or 100 => (FailureCause.Unavailable, "there are too few members for a majority"),
        112 or 251 or 11000 or 51003 => (FailureCause.Conflict, "somebody else changed the same user at that time"),
        91 or 11600 or 11602 => (FailureCause.Unavailable, "it is shutting down, or a member is changing its part"),
        189 or 10058 or 10107 or 13435 => (FailureCause.Unavailable, "it is not the primary of its set now"),
        13436 or 133 => (FailureCause.Unavailable, "it is neither primary nor secondary now"),
        6 or 7 or 9001 => (FailureCause.Network, "it cannot reach another member"),
        _ => (FailureCause.Other, "the command failed"),
    };
}
