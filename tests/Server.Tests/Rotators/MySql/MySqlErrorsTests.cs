using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Rekey.Rotators.Odbc;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MySql;

public sealed class MySqlErrorsTests
{
    [Theory]
    [InlineData("28000", 1045, FailureCause.Auth)]
    [InlineData("28000", 1698, FailureCause.Privilege)]
    [InlineData("HY000", 1862, FailureCause.Auth)]
    [InlineData("HY000", 3118, FailureCause.Auth)]
    [InlineData("HY000", 4151, FailureCause.Auth)]
    [InlineData("HY000", 3955, FailureCause.Auth)]
    [InlineData("42000", 1044, FailureCause.Privilege)]
    [InlineData("42000", 1142, FailureCause.Privilege)]
    [InlineData("42000", 1227, FailureCause.Privilege)]
    [InlineData("HY000", 1819, FailureCause.Policy)]
    [InlineData("HY000", 3638, FailureCause.Policy)]
    [InlineData("HY000", 3891, FailureCause.Policy)]
    [InlineData("HY000", 1820, FailureCause.Policy)]
    [InlineData("HY000", 1396, FailureCause.Precondition)]
    [InlineData("42000", 1049, FailureCause.Precondition)]
    [InlineData("HY000", 2059, FailureCause.Precondition)]
    [InlineData("HY000", 1524, FailureCause.Precondition)]
    [InlineData("HY000", 1193, FailureCause.Precondition)]
    [InlineData("08004", 1040, FailureCause.Unavailable)]
    [InlineData("42000", 1203, FailureCause.Unavailable)]
    [InlineData("HY000", 1129, FailureCause.Unavailable)]
    [InlineData("HY000", 1290, FailureCause.Unavailable)]
    [InlineData("HY000", 1836, FailureCause.Unavailable)]
    [InlineData("HY000", 2002, FailureCause.Network)]
    [InlineData("HY000", 2003, FailureCause.Network)]
    [InlineData("HY000", 2005, FailureCause.Network)]
    [InlineData("08S01", 2006, FailureCause.Network)]
    [InlineData("08S01", 2013, FailureCause.Network)]
    [InlineData("HY000", 2026, FailureCause.Tls)]
    [InlineData("HY000", 2061, FailureCause.Network)]
    [InlineData("HY000", 5014, FailureCause.Network)]
    [InlineData("HY000", 3159, FailureCause.Tls)]
    [InlineData("HY000", 1205, FailureCause.Conflict)]
    [InlineData("40001", 1213, FailureCause.Conflict)]
    [InlineData("42000", 1141, FailureCause.Conflict)]
    [InlineData("42000", 1147, FailureCause.Conflict)]
    [InlineData("70100", 1317, FailureCause.Timeout)]
    [InlineData("HYT00", 0, FailureCause.Timeout)]
    [InlineData("01000", 0, FailureCause.Precondition)]
    [InlineData("28000", 9999, FailureCause.Auth)]
    [InlineData("08S01", 9999, FailureCause.Network)]
    [InlineData("42000", 1064, FailureCause.Other)]
    [InlineData("HY000", 0, FailureCause.Other)]
    public void Code_IsClassified(string sqlState, int code, FailureCause cause)
    {
        var failure = MySqlErrors.Classify(new OdbcException(sqlState, code, "near 'cAnArY'"));
        (failure.Cause, failure.SqlState, failure.NativeCode).ShouldBe((cause, sqlState, $"{code}"));
        failure.Message.ShouldEndWith($"(SQLSTATE {sqlState}, code {code})");
        failure.ToString().ShouldNotContain("cAnArY");
    }

    /// <summary>MariaDB says no more to an account that has no right there.</summary>
    [Fact]
    public void DatabaseThatTheLoginMayNotUse_IsNamedAsTheReason()
    {
        var refusal = new OdbcException("42000", 1044, "");
        MySqlErrors.ClassifyLogin(refusal, tls: true).Message.ShouldContain("dbname");
        MySqlErrors.Classify(refusal).Message.ShouldNotContain("dbname");
    }

    [Theory]
    [InlineData("TLS/SSL error: SSL is required, but the server does not support it", "does not offer TLS")]
    [InlineData("TLS/SSL error: Validation of SSL server certificate failed", "another host name")]
    [InlineData("TLS/SSL error: certificate has expired", "has expired")]
    [InlineData("TLS/SSL error: self-signed certificate in certificate chain", "no known authority")]
    [InlineData("TLS/SSL error: unable to get local issuer certificate", "could not be verified")]
    [InlineData("TLS/SSL error: wrong version number", "could not be agreed on")]
    public void TlsFault_IsToldInOurWords(string text, string expected) =>
        MySqlErrors.Classify(new OdbcException("HY000", 2026, text)).Message.ShouldContain(expected);

    [Theory]
    [InlineData("TLS/SSL error: Connection timed out (110)", FailureCause.Timeout)]
    [InlineData("TLS/SSL error: Connection reset by peer (104)", FailureCause.Network)]
    [InlineData("TLS/SSL error: unexpected eof while reading", FailureCause.Network)]
    public void BrokenConnectionUnderTls_IsNoTlsFault(string text, FailureCause cause) =>
        MySqlErrors.Classify(new OdbcException("HY000", 2026, text)).Cause.ShouldBe(cause);

    [Fact]
    public void W12_OnlyAServerWithoutTls_AllowsTheFallback()
    {
        static RotatorException Fault(string text) => MySqlErrors.Classify(new OdbcException("HY000", 2026, text));
        MySqlErrors.IsTlsNotOffered(Fault("SSL is required, but the server does not support it")).ShouldBeTrue();
        MySqlErrors.IsTlsNotOffered(Fault("self-signed certificate in certificate chain")).ShouldBeFalse();
        MySqlErrors.IsTlsNotOffered(MySqlErrors.Classify(new OdbcException("HY000", 1045, "does not support it"))).ShouldBeFalse();
    }
}
