using System.Globalization;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql;

/// <summary>
/// What the codes of MySQL, MariaDB and their client library mean for a rotation. Texts are our own: the server's may quote statements.
/// Source: MySQL 9 error reference, MariaDB error codes.
/// </summary>
internal static class MySqlErrors
{
    public const int MustChangePassword = 1820;
    public const int CurrentPasswordMissing = 3892;
    public const int PasswordWasUsedBefore = 3638;
    public const int CurrentPasswordWrong = 3891;
    public const int PrivilegeMissing = 1227;
    public const int PasswordRefused = 1819;
    public const int HashRefused = 1372;
    public const int NoSuchSession = 1094;

    /// <summary>Of CREATE USER; other statements mean by it that there is no such account.</summary>
    public const int AccountExists = 1396;
    public const int VariableUnknown = 1193;

    private const string TlsNotOffered = "The server does not offer TLS, which the secret's ssl asks for";

    public static bool IsTlsNotOffered(RotatorException failure) =>
        failure.Cause == FailureCause.Tls && failure.Message.StartsWith(TlsNotOffered, StringComparison.Ordinal);

    /// <summary>A login that failed. Without TLS, MariaDB refuses accounts that want it as it refuses a wrong password.</summary>
    public static RotatorException ClassifyLogin(OdbcException failure, bool tls)
    {
        // Within a session the code means that a role or a proxy right may not be passed on.
        if (failure.NativeCode == 1698) failure = new OdbcException(failure.SqlState, 1045, failure.ServerText);
        return Classify(failure, failure.NativeCode switch
        {
            1045 when !tls => ", or wants TLS, which the secret's ssl turns off",
            // All that an account without rights there learns of a database, whether it exists or not.
            1044 => ": it may not use the database named in dbname, or there is none of that name",
            _ => "",
        });
    }

    public static RotatorException Classify(OdbcException failure) => Classify(failure, addition: "");

    private static RotatorException Classify(OdbcException failure, string addition)
    {
        var (cause, text) = Meaning(failure);
        var code = failure.NativeCode.ToString(CultureInfo.InvariantCulture);
        return new RotatorException(cause, $"{text}{addition} (SQLSTATE {failure.SqlState}, code {code})", failure.SqlState, code, failure);
    }

    private static (FailureCause Cause, string Text) Meaning(OdbcException failure) => failure.NativeCode switch
    {
        1045 => (FailureCause.Auth, "The server refused the user name or password"),
        1130 => (FailureCause.Auth, "The server allows no account to log in from the Rekey server's address"),
        1862 => (FailureCause.Auth, "The account's password has expired and the server lets it log in only to an interactive client"),
        3118 or 4151 => (FailureCause.Auth, "The account is locked"),
        3955 => (FailureCause.Auth, "The account is blocked for a time after too many failed logins"),
        1251 or 1275 or 1524 or 2049 or 2059 or 5010 or 5012 =>
            (FailureCause.Precondition, "The account authenticates in a way that the rotation does not support"),
        1699 => (FailureCause.Precondition, "The account's authentication plugin keeps no password in the database"),
        1131 or 1132 or 1133 or 1396 =>
            (FailureCause.Precondition, "The server has no such account, or does not take the login for it"),
        VariableUnknown => (FailureCause.Precondition, "The server lacks a variable that the step needs: it is too old"),
        1470 => (FailureCause.Precondition, "The user's name is longer than the server takes: MySQL before 5.7.8 takes 16 characters"),
        1049 => (FailureCause.Precondition, "The database named in dbname does not exist"),

        1044 or 1142 or 1143 or 1227 or 1370 => (FailureCause.Privilege, "The account lacks a privilege that the step needs"),
        1095 => (FailureCause.Privilege, "The account may not end the sessions of others (CONNECTION_ADMIN, or SUPER)"),
        1410 or 1698 or 3523 or 3878 => (FailureCause.Privilege, "The account may not pass on a role or a right that the step needs"),
        1290 => (FailureCause.Unavailable, "The server is read-only or runs without its privilege tables"),
        1792 or 1836 or 3100 => (FailureCause.Unavailable, "The server is read-only"),

        1819 or 3637 => (FailureCause.Policy, "The server's password policy refused the password"),
        3638 => (FailureCause.Policy, "The server's password history forbids the password, which was used before"),
        1820 => (FailureCause.Policy, "The account must change its password before it may do anything else"),
        3891 or 3892 => (FailureCause.Policy, "The server wants the current password with the change, and did not accept it"),
        1372 or 1827 => (FailureCause.Policy, "The server does not accept the password in hashed form"),

        1040 => (FailureCause.Unavailable, "The server has no connection left"),
        1203 or 1226 => (FailureCause.Unavailable, "The account has used up its connections or its hourly limits"),
        1129 => (FailureCause.Unavailable, "The server blocks the Rekey server's address after too many failed connections (FLUSH HOSTS)"),
        1053 or 1077 or 1079 or 1080 => (FailureCause.Unavailable, "The server is shutting down"),
        1047 => (FailureCause.Unavailable, "The cluster member is not ready"),
        1205 => (FailureCause.Conflict, "Another session holds the lock on the accounts"),
        // No such grant: it was read from the catalogue a moment ago.
        1213 or 1180 or 1141 or 1147 or 1403 => (FailureCause.Conflict, "Another session changed the accounts at the same time"),
        1317 or 1028 or 3024 or 1969 => (FailureCause.Timeout, "The server broke the statement off"),

        2026 => Tls(failure.ServerText),
        3159 => (FailureCause.Tls, "The server accepts only connections with TLS: set ssl to true in the secret"),

        2001 or 2002 or 2003 or 2004 or 2005 => (FailureCause.Network, "The server cannot be reached"),
        2061 => (FailureCause.Network, "The login broke off; without TLS it may be that the server keeps its public key to itself"),
        2006 or 2013 or 2027 or 2055 or 5013 or 5014 or 5015 or 1152 or (>= 1156 and <= 1161) or 1184 =>
            (FailureCause.Network, "The connection to the server broke"),
        _ when failure.SqlState is "HYT00" or "HYT01" => (FailureCause.Timeout, "The server did not answer in time"),
        _ when failure.SqlState is "IM003" or "IM004" or "01000" => (FailureCause.Precondition, "The ODBC driver cannot be loaded"),
        _ when failure.SqlState == "28000" => (FailureCause.Auth, "The server refused the login"),
        _ when failure.SqlState.StartsWith("08", StringComparison.Ordinal) => (FailureCause.Network, "The connection to the server failed"),
        _ => (FailureCause.Other, "The server refused the step"),
    };

    /// <summary>
    /// The client library tells TLS faults apart by its text only, which comes from OpenSSL and the system, not from the server. What
    /// happens to the connection under TLS has the same code.
    /// </summary>
    private static (FailureCause Cause, string Text) Tls(string text)
    {
        if (Says("timed out")) return (FailureCause.Timeout, "The server did not answer in time");
        if (Says("connection reset") || Says("broken pipe") || Says("unexpected eof") || Says("closed"))
        {
            return (FailureCause.Network, "The connection to the server broke");
        }
        if (Says("required, but the server does not support")) return (FailureCause.Tls, TlsNotOffered);
        if (Says("validation of ssl server certificate failed")) return Refused("is for another host name");
        if (Says("expired")) return Refused("has expired");
        if (Says("self-signed") || Says("self signed")) return Refused("is signed by no known authority (self-signed)");
        if (Says("certificate")) return Refused("could not be verified");
        return (FailureCause.Tls, "TLS could not be agreed on");

        bool Says(string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
        static (FailureCause, string) Refused(string why) => (FailureCause.Tls, $"The server's certificate {why}");
    }
}
