using Rekey.Rotators;
using Rekey.Rotators.Db2;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;
using Rekey.Server.Tests.Rotators.Sql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Db2;

public sealed class Db2ErrorsTests
{
    [Theory]
    [InlineData(-1013, FailureCause.Precondition)]
    [InlineData(-30061, FailureCause.Precondition)]
    [InlineData(-1060, FailureCause.Privilege)]
    [InlineData(-551, FailureCause.Privilege)]
    [InlineData(-552, FailureCause.Privilege)]
    [InlineData(-1092, FailureCause.Privilege)]
    [InlineData(-1040, FailureCause.Unavailable)]
    [InlineData(-1226, FailureCause.Unavailable)]
    [InlineData(-1224, FailureCause.Unavailable)]
    [InlineData(-911, FailureCause.Conflict)]
    [InlineData(-913, FailureCause.Conflict)]
    [InlineData(-952, FailureCause.Timeout)]
    [InlineData(-30081, FailureCause.Network)]
    [InlineData(-104, FailureCause.Other)]
    public void ServersCodes_HaveTheirMeaning(int code, FailureCause cause)
    {
        var e = Db2Errors.Classify(new OdbcException("42601", code, "text with 'p4ssword'"), isLogin: false);
        (e.Cause, e.NativeCode).ShouldBe((cause, code.ToString()));
        e.Message.ShouldNotContain("p4ssword");
    }

    [Theory]
    [InlineData(1, FailureCause.Auth)]
    [InlineData(7, FailureCause.Auth)]
    [InlineData(15, FailureCause.Unavailable)]
    [InlineData(16, FailureCause.Policy)]
    [InlineData(17, FailureCause.Precondition)]
    [InlineData(19, FailureCause.Auth)]
    [InlineData(24, FailureCause.Auth)]
    public void ReasonsOfThePlugIn_AreToldApart(int reason, FailureCause cause) => Db2Errors.Classify(
        new OdbcException("08001", -30082, $"SQL30082N  Security processing failed with reason \"{reason}\" (\"X\")."), true)
        .Cause.ShouldBe(cause);

    [Theory]
    [InlineData("Communication API \"SOCKETS\" GSKit Error: 414", FailureCause.Tls)]
    [InlineData("Protocol specific error code(s): \"111\", \"*\", \"*\"", FailureCause.Network)]
    [InlineData("Protocol specific error code(s): \"110\", \"*\", \"*\"", FailureCause.Timeout)]
    public void FailedCommunication_IsToldApartByTheDriversText(string text, FailureCause cause) =>
        Db2Errors.Classify(new OdbcException("08001", -30081, text), isLogin: true).Cause.ShouldBe(cause);

    [Fact]
    public void W12_ConnectionString_AsksForVerifiedTls()
    {
        var here = typeof(Db2ErrorsTests).Assembly.Location;
        var driver = new Db2Driver(new RotatorOptions { OdbcDb2File = here, CaFile = here });
        using var text = driver.ConnectionString(SqlSecrets.Account("db2", "u;SECURITY=NONE", "p}", "shop"), new SqlRoute { Tls = true });
        text.Span.ToString().ShouldBe(
            $"DRIVER={{{here}}};HOSTNAME={{db.example}};PORT={{4242}};PROTOCOL={{TCPIP}};DATABASE={{shop}};UID={{u;SECURITY=NONE}};"
                + $"PWD={{p}}}}}};SECURITY={{SSL}};SSLServerCertificate={{{here}}};SSLClientHostnameValidation={{Basic}};");
        using var plain = driver.ConnectionString(SqlSecrets.Account("db2", "u", "p", "shop"), new SqlRoute { Tls = false });
        plain.Span.ToString().ShouldNotContain("SSL");
    }

    [Fact]
    public void MissingDriver_IsNamedWhenRotationIsConfigured() =>
        RotatorCatalogue.Find("SecretsManagerRDSDb2RotationMultiUser")!
            .MissingDriver(new RotatorOptions { OdbcDb2File = "/nonexistent/libdb2o.so.1" })
            .ShouldBe("The configured ODBC driver /nonexistent/libdb2o.so.1 does not exist");

    [Fact]
    public void Names_ComeBackAsOneName()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var name = HostileNames.Pick(new Random(seed), 1, doubleQuotes: true)[0];
            new SqlTokens(Db2Text.Name(name), brackets: false).All.ShouldBe([new SqlToken(SqlTokenKind.Name, name)], $"seed {seed}");
            new SqlTokens(Db2Text.Literal(name), brackets: false).All.ShouldBe([new SqlToken(SqlTokenKind.Text, name)]);
        }
    }
}
