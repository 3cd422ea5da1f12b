using System.Globalization;
using System.Text.RegularExpressions;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.Db2;

/// <summary>
/// What Db2's codes (SQLCODE) mean for a rotation. Texts are our own: the server's may quote statements. Source: Db2 message reference.
/// </summary>
internal static partial class Db2Errors
{
    /// <summary>True when the server has no such database: of rdsadmin, that it is not RDS.</summary>
    public static bool IsDatabaseUnknown(RotatorException failure) => failure.NativeCode is "-1013" or "-30061";

    public static RotatorException Classify(OdbcException failure, bool isLogin)
    {
        var (cause, text) = Meaning(failure);
        var code = failure.NativeCode.ToString(CultureInfo.InvariantCulture);
        return new RotatorException(cause, $"{text} (SQLSTATE {failure.SqlState}, SQLCODE {code})", failure.SqlState, code, failure);
    }

    private static (FailureCause Cause, string Text) Meaning(OdbcException failure) => failure.NativeCode switch
    {
        -30082 => Security(failure.ServerText),
        -1013 or -30061 => (FailureCause.Precondition, "The database named in dbname does not exist"),
        -1060 => (FailureCause.Privilege, "The account may not connect to the database"),
        -551 or -552 or -553 or -554 or -555 or -556 or -567 or -568 or -1092 or -20188 =>
            (FailureCause.Privilege, "The account lacks an authority that the step needs"),
        -204 or -440 or -458 => (FailureCause.Privilege, "What the step names does not exist, or the account may not see it"),
        -206 or -205 => (FailureCause.Precondition, "The server is older than Db2 10.5, or lacks a catalogue view"),
        -1040 or -1226 or -1221 => (FailureCause.Unavailable, "The server has no connection left"),
        -1015 or -1032 or -1034 or -1035 or -1116 or -1117 or -1224 or -1229 or -1773 or -1776 or -20157 =>
            (FailureCause.Unavailable, "The server cannot serve just now: it starts, is quiesced, in backup, or a standby"),
        -911 or -913 or -918 => (FailureCause.Conflict, "Another session holds what the step needs"),
        -952 or -905 => (FailureCause.Timeout, "The server broke the statement off"),
        -10013 => (FailureCause.Precondition, "The driver lacks its TLS library (GSKit)"),
        -30081 or -1109 => Communication(failure.ServerText),
        -30020 or -30021 or -30038 => (FailureCause.Network, "The connection to the server broke"),
        -438 => (FailureCause.Other, "The server's procedure refused the step"),
        _ when failure.SqlState is "HYT00" or "HYT01" => (FailureCause.Timeout, "The server did not answer in time"),
        _ when failure.SqlState is "IM003" or "IM004" or "IM002" or "01000" =>
            (FailureCause.Precondition, "The ODBC driver cannot be loaded"),
        _ when failure.SqlState == "28000" => (FailureCause.Auth, "The server refused the login"),
        _ when failure.SqlState.StartsWith("08", StringComparison.Ordinal) => (FailureCause.Network, "The connection to the server failed"),
        _ => (FailureCause.Other, "The server refused the step"),
    };

    /// <summary>One code stands for all that the server's security plug-in may say; its reason is a number in the text.</summary>
    private static (FailureCause Cause, string Text) Security(string text) => Reason().Match(text).Groups[1].Value switch
    {
        "1" => (FailureCause.Auth, "The account's password has expired"),
        "7" or "9" or "19" or "25" => (FailureCause.Auth, "The account is locked or restricted"),
        "16" => (FailureCause.Policy, "The server's password rules refused the new password"),
        "17" => (FailureCause.Precondition,
            "The server does not change passwords while connecting: bind a superuser (RDS), or rotate where the password is kept (LDAP)"),
        "15" or "36" => (FailureCause.Unavailable, "The server's security plug-in failed"),
        _ => (FailureCause.Auth, "The server refused the user name or password"),
    };

    private static (FailureCause Cause, string Text) Communication(string text)
    {
        if (Says("GSK") || Says("SSL")) return (FailureCause.Tls, "TLS could not be agreed on, or the certificate was refused");
        return Says("timeout") || Says("\"110\"")
            ? (FailureCause.Timeout, "The server did not answer in time")
            : (FailureCause.Network, "The server cannot be reached, or the connection broke");

        bool Says(string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex("reason \"([0-9]{1,3})\"", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Reason();
}
