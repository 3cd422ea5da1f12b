using System.Globalization;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.SqlServer;

/// <summary>
/// What the codes of SQL Server and of its drivers mean for a rotation. Texts are our own: the server's may quote statements.
/// Source: sys.messages; the drivers' texts are OpenSSL's and the system's.
/// </summary>
internal static class SqlServerErrors
{
    private const string TlsNotOffered = "The server does not offer TLS, which the secret's ssl asks for";

    /// <summary>True when the statement may not stand in a transaction, and may succeed outside of one.</summary>
    public static bool IsTransactionRefused(RotatorException failure) => failure.NativeCode is "226" or "574" or "15002";

    public static bool IsTlsNotOffered(RotatorException failure) =>
        failure.Cause == FailureCause.Tls && failure.Message.StartsWith(TlsNotOffered, StringComparison.Ordinal);

    public static RotatorException Classify(OdbcException failure, bool isLogin)
    {
        // A login to a database that is not there is refused with both codes, in either order; the password was right.
        var code = isLogin && failure.Codes.FirstOrDefault(found => found is 4060 or 4064) is var database and not 0
            ? database : failure.NativeCode;
        var (cause, text) = Meaning(code, failure);
        var written = code.ToString(CultureInfo.InvariantCulture);
        return new RotatorException(cause, $"{text} (SQLSTATE {failure.SqlState}, code {written})", failure.SqlState, written, failure);
    }

    private static (FailureCause Cause, string Text) Meaning(int code, OdbcException failure) => code switch
    {
        18456 or 18450 or 18452 => (FailureCause.Auth, "The server refused the user name or password"),
        18470 => (FailureCause.Auth, "The login is disabled"),
        18486 => (FailureCause.Auth, "The login is locked after too many failed logins"),
        18487 => (FailureCause.Auth, "The login's password has expired"),
        18488 => (FailureCause.Auth, "The login must change its password at the next login"),
        40615 or 40914 => (FailureCause.Precondition, "The server's firewall does not let the Rekey server in"),

        4060 or 911 => (FailureCause.Precondition, "The database named in dbname does not exist, or the login may not use it"),
        4064 or 916 => (FailureCause.Precondition, "The login may not use its database"),
        15434 or 15138 => (FailureCause.Precondition, "The account owns objects or has sessions open, so that it cannot be removed"),
        15023 or 15025 => (FailureCause.Precondition, "Another account of that name exists already"),
        15405 or 15410 => (FailureCause.Precondition, "The account is one of the server's own"),
        207 or 208 => (FailureCause.Precondition, "The server is older than SQL Server 2012, or lacks a catalogue view"),
        33233 or 33234 => (FailureCause.Precondition, "The database does not keep passwords of its own (containment)"),

        15151 or 15247 or 229 or 230 or 262 or 297 or 300 or 4613 or 4606 or 15284 or 15299 or 33201 =>
            (FailureCause.Privilege, "The account lacks a permission that the step needs, or what it names does not exist"),
        15150 => (FailureCause.Privilege, "The login may not be altered"),

        15114 => (FailureCause.Policy, "The password was changed too recently to be changed again (minimum age)"),
        15115 => (FailureCause.Policy, "The password cannot be used at this time (password history)"),
        15116 => (FailureCause.Policy, "The server's password policy refused the password as too short"),
        15117 => (FailureCause.Policy, "The server's password policy refused the password as too long"),
        15118 => (FailureCause.Policy, "The server's password policy refused the password as not complex enough"),
        15113 or 15119 or 15120 or 15122 => (FailureCause.Policy, "The server's password policy refused the change"),

        17809 or 17810 or 10928 or 10929 => (FailureCause.Unavailable, "The server has no connection left"),
        3906 or 3908 => (FailureCause.Unavailable, "The database is read-only"),
        976 or 978 or 979 or 983 => (FailureCause.Unavailable, "The database is a secondary replica that takes no such connection"),
        922 or 927 or 942 or 952 => (FailureCause.Unavailable, "The database is starting, being restored or offline"),
        18461 or 6005 or 17142 or 40613 or 40197 or 40501 or 49918 or 49919 or 49920 =>
            (FailureCause.Unavailable, "The server cannot serve just now"),
        1205 or 3960 => (FailureCause.Conflict, "Another session changed the accounts at the same time"),
        1222 => (FailureCause.Conflict, "Another session holds the lock on the accounts"),
        226 or 574 or 15002 => (FailureCause.Other, "The statement may not stand in a transaction"),
        _ => Connection(failure),
    };

    /// <summary>What the driver says when no server error came.</summary>
    private static (FailureCause Cause, string Text) Connection(OdbcException failure)
    {
        var text = failure.ServerText;
        if (failure.SqlState is "HYT00" or "HYT01" or "S1T00") return (FailureCause.Timeout, "The server did not answer in time");
        if (failure.SqlState is "IM003" or "IM004" or "IM002") return (FailureCause.Precondition, "The ODBC driver cannot be loaded");
        var isConnection = failure.SqlState.StartsWith("08", StringComparison.Ordinal) || failure.NativeCode is >= 20001 and <= 20100;
        if (isConnection || failure.SqlState == "01000")
        {
            if (Says("encryption not supported")) return (FailureCause.Tls, TlsNotOffered);
            if (Says("expired")) return (FailureCause.Tls, "The server's certificate has expired");
            if (Says("certificate")) return (FailureCause.Tls, "The server's certificate could not be verified");
            if (Says("SSL") || Says("TLS") || Says("encrypt")) return (FailureCause.Tls, "TLS could not be agreed on");
            if (Says("timeout") || Says("timed out") || failure.NativeCode == 20003)
                return (FailureCause.Timeout, "The server did not answer in time");
            if (failure.SqlState == "01000") return (FailureCause.Precondition, "The ODBC driver cannot be loaded");
            return (FailureCause.Network, "The server cannot be reached, or the connection broke");
        }
        if (failure.SqlState == "28000") return (FailureCause.Auth, "The server refused the login");
        return (FailureCause.Other, "The server refused the step");

        bool Says(string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
    }
}
