using System.Globalization;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.Oracle;

/// <summary>
/// What Oracle's codes (ORA-nnnnn, which its ODBC driver passes on) mean for a rotation. Texts are our own: the server's may quote
/// statements. Source: Oracle Database error messages.
/// </summary>
internal static class OracleErrors
{
    private const string TlsNotOffered = "The server closes the connection when TLS begins; it may not offer it on this port";

    /// <summary>The password was used before, or is the present one, and the profile forbids that.</summary>
    public const string PasswordWasUsedBefore = "28007";

    public static bool IsServiceUnknown(RotatorException failure) => failure.NativeCode is "12514" or "12504";

    public static bool IsTlsNotOffered(RotatorException failure) =>
        failure.Cause == FailureCause.Tls && failure.Message.StartsWith(TlsNotOffered, StringComparison.Ordinal);

    public static RotatorException Classify(OdbcException failure, bool isLogin)
    {
        var (cause, text) = Meaning(failure);
        var code = failure.NativeCode.ToString(CultureInfo.InvariantCulture);
        var shown = $"{text} (SQLSTATE {failure.SqlState}, ORA-{code.PadLeft(5, '0')})";
        return new RotatorException(cause, shown, failure.SqlState, code, failure);
    }

    private static (FailureCause Cause, string Text) Meaning(OdbcException failure) => failure.NativeCode switch
    {
        1017 or 1005 or 1004 => (FailureCause.Auth, "The server refused the user name or password"),
        28000 => (FailureCause.Auth, "The account is locked"),
        28001 or 28032 => (FailureCause.Auth, "The account's password has expired"),
        28009 or 28040 or 28273 => (FailureCause.Precondition, "The account authenticates in a way that the rotation does not support"),

        12514 or 12504 => (FailureCause.Precondition, "The listener knows no service of the name in dbname"),
        12505 => (FailureCause.Precondition, "The listener knows neither a service nor an instance of the name in dbname"),
        65096 or 65094 => (FailureCause.Precondition, "dbname names the root of a container database: name a pluggable database's service"),
        1918 or 1435 or 1917 => (FailureCause.Precondition, "The server has no such user"),
        1920 => (FailureCause.Precondition, "Another user or role of that name exists already"),
        972 => (FailureCause.Precondition, "The name is too long for the server"),
        28227 => (FailureCause.Precondition, "Administrative accounts cannot have two passwords"),
        12154 or 12162 or 12533 => (FailureCause.Precondition, "The client cannot make an address of host, port and dbname"),

        1045 => (FailureCause.Privilege, "The account lacks CREATE SESSION"),
        1927 => (FailureCause.Privilege, "The right was granted by another account, which alone can take it back"),
        1031 or 942 or 1919 or 1924 or 1932 or 1951 or 1952 or 1720 or 1749 or 4042 or 4043 =>
            (FailureCause.Privilege, "The account lacks a privilege that the step needs, or what it names does not exist"),

        28003 or 28219 or (>= 20000 and <= 20999) => (FailureCause.Policy, "The profile's verify function refused the password"),
        28218 => (FailureCause.Policy, "The password is shorter or longer than the server allows"),
        28007 => (FailureCause.Policy, "The profile's history forbids the password, which was used before"),
        28008 => (FailureCause.Policy, "The server did not accept the present password that the change names"),
        28221 => (FailureCause.Policy, "The profile wants the present password with the change"),
        988 or 1741 => (FailureCause.Policy, "The server does not accept the password's characters"),

        18 or 20 or 12516 or 12518 or 12519 or 12520 => (FailureCause.Unavailable, "The server has no connection left"),
        2391 => (FailureCause.Unavailable, "The account has used up its sessions"),
        1033 or 1034 or 1089 or 1090 or 1109 or 1035 or 12526 or 12527 or 12528 or 12521 or 27101 =>
            (FailureCause.Unavailable, "The server is starting, stopping or restricted"),
        16000 or 16224 => (FailureCause.Unavailable, "The database is read-only: a standby"),
        54 or 4021 or 4020 or 60 or 30006 => (FailureCause.Conflict, "Another session changes or holds the account"),
        1013 or 12170 or 12535 or 12606 or 12608 or 12609 or 3136 => (FailureCause.Timeout, "The server did not answer in time"),

        28862 or 28864 or 28865 or 29019 => (FailureCause.Tls, TlsNotOffered),
        29024 or 29039 or 28868 => (FailureCause.Tls, "The server's certificate could not be verified: check the wallet's authorities"),
        29002 or 29003 or 29106 => (FailureCause.Tls, "The server's certificate is for another name"),
        28759 => (FailureCause.Tls, "The wallet with the authorities cannot be opened"),
        28860 or 28750 or 28857 or 28858 or 28859 or 28861 or 12599 or 12660 => (FailureCause.Tls, "TLS could not be agreed on"),

        3113 or 3114 or 3135 or 1012 or 2396 or 12537 or 12541 or 12543 or 12545 or 12547 or 12560 or 12564 or 12571 or 28547
            or (>= 12150 and <= 12169) or (>= 12536 and <= 12569) or 17002 =>
            (FailureCause.Network, "The server cannot be reached, or the connection broke"),
        _ when failure.SqlState is "HYT00" or "HYT01" => (FailureCause.Timeout, "The server did not answer in time"),
        _ when failure.SqlState is "IM003" or "IM004" or "IM002" or "01000" =>
            (FailureCause.Precondition, "The ODBC driver cannot be loaded"),
        _ when failure.SqlState == "28000" => (FailureCause.Auth, "The server refused the login"),
        _ when failure.SqlState.StartsWith("08", StringComparison.Ordinal) => (FailureCause.Network, "The connection to the server failed"),
        _ => (FailureCause.Other, "The server refused the step"),
    };
}
