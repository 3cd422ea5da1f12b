using Rekey.Rotators;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;
using Rekey.Rotators.SqlServer;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.SqlServer;

public sealed class SqlServerErrorsTests
{
    [Theory]
    [InlineData(18456, FailureCause.Auth)]
    [InlineData(18470, FailureCause.Auth)]
    [InlineData(18486, FailureCause.Auth)]
    [InlineData(18487, FailureCause.Auth)]
    [InlineData(18488, FailureCause.Auth)]
    [InlineData(4060, FailureCause.Precondition)]
    [InlineData(15023, FailureCause.Precondition)]
    [InlineData(15025, FailureCause.Precondition)]
    [InlineData(15151, FailureCause.Privilege)]
    [InlineData(15247, FailureCause.Privilege)]
    [InlineData(229, FailureCause.Privilege)]
    [InlineData(15114, FailureCause.Policy)]
    [InlineData(15115, FailureCause.Policy)]
    [InlineData(15116, FailureCause.Policy)]
    [InlineData(15117, FailureCause.Policy)]
    [InlineData(15118, FailureCause.Policy)]
    [InlineData(17809, FailureCause.Unavailable)]
    [InlineData(3906, FailureCause.Unavailable)]
    [InlineData(976, FailureCause.Unavailable)]
    [InlineData(40613, FailureCause.Unavailable)]
    [InlineData(1205, FailureCause.Conflict)]
    [InlineData(1222, FailureCause.Conflict)]
    [InlineData(50000, FailureCause.Other)]
    public void ServersCodes_HaveTheirMeaning(int code, FailureCause cause)
    {
        var e = SqlServerErrors.Classify(new OdbcException("42000", code, "text with 'p4ssword'"), isLogin: false);
        (e.Cause, e.NativeCode).ShouldBe((cause, code.ToString()));
        e.Message.ShouldNotContain("p4ssword");
    }

    [Theory]
    [InlineData("08001", -1, "SSL Provider: [error:0A000086:SSL routines::certificate verify failed:self-signed]", FailureCause.Tls)]
    [InlineData("08001", 21, "Encryption not supported on SQL Server.", FailureCause.Tls)]
    [InlineData("08001", 10061, "TCP Provider: Error code 0x274D", FailureCause.Network)]
    [InlineData("HYT00", 0, "Login timeout expired", FailureCause.Timeout)]
    [InlineData("08S01", 104, "TCP Provider: Error code 0x68", FailureCause.Network)]
    [InlineData("08001", 20009, "Unable to connect: Adaptive Server is unavailable or does not exist", FailureCause.Network)]
    [InlineData("S1T00", 20003, "Adaptive Server connection timed out", FailureCause.Timeout)]
    [InlineData("01000", 0, "Can't open lib", FailureCause.Precondition)]
    [InlineData("28000", 0, "refused", FailureCause.Auth)]
    public void DriversStates_HaveTheirMeaning(string state, int code, string text, FailureCause cause) =>
        SqlServerErrors.Classify(new OdbcException(state, code, text), isLogin: true).Cause.ShouldBe(cause);

    [Fact]
    public void W12_OnlyAServerWithoutAnyTls_LetsTheLoginGoOnWithout()
    {
        SqlServerErrors.IsTlsNotOffered(Login("Encryption not supported on SQL Server.")).ShouldBeTrue();
        SqlServerErrors.IsTlsNotOffered(Login("SSL Provider: certificate verify failed")).ShouldBeFalse();

        static RotatorException Login(string text) => SqlServerErrors.Classify(new OdbcException("08001", -1, text), isLogin: true);
    }

    [Theory]
    [InlineData(true, null, "TrustServerCertificate={no};Encrypt={yes};")]
    [InlineData(true, "certificate", "TrustServerCertificate={no};Encrypt={strict};ServerCertificate={")]
    [InlineData(false, null, "Encrypt={no};")]
    public void W12_ConnectionString_SaysWhatTheSecretDoes(bool tls, string? certificate, string expected)
    {
        var options = new RotatorOptions { OdbcSqlServerFile = FileHere, SqlServerCertificateFile = certificate is null ? null : FileHere };
        using var text = new SqlServerDriver(options).ConnectionString(Hostile, new SqlRoute { Tls = tls });
        text.Span.ToString().ShouldStartWith($"DRIVER={{{FileHere}}};SERVER={{tcp:db.example,4242}};ConnectRetryCount={{0}};{expected}");
        text.Span.ToString().ShouldEndWith("UID={u;Encrypt=no};PWD={p}};Encrypt=no};APP={Rekey};DATABASE={shop};");
    }

    [Fact]
    public void W12_FreeTds_IsNotTrustedWithTls()
    {
        var folder = Directory.CreateTempSubdirectory("rekey-test-");
        var file = Path.Combine(folder.FullName, "libtdsodbc.so");
        File.WriteAllText(file, "");
        try
        {
            var driver = new SqlServerDriver(new RotatorOptions { OdbcSqlServerFile = file });
            var e = Should.Throw<RotatorException>(() => driver.ConnectionString(Hostile, new SqlRoute { Tls = true }));
            e.Message.ShouldContain("msodbcsql18");
            using var plain = driver.ConnectionString(Hostile, new SqlRoute { Tls = false });
            plain.Span.ToString().ShouldContain("PORT={4242};TDS_Version={7.4}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void MissingDriver_IsNamedWhenRotationIsConfigured() =>
        RotatorCatalogue.Find("SecretsManagerRDSSQLServerRotationSingleUser")!
            .MissingDriver(new RotatorOptions { OdbcSqlServerFile = "/nonexistent/libmsodbcsql.so" })
            .ShouldBe("The configured ODBC driver /nonexistent/libmsodbcsql.so does not exist");

    private static string FileHere => typeof(SqlServerErrorsTests).Assembly.Location;

    private static DatabaseCredentials Hostile => Sql.SqlSecrets.Account("sqlserver", "u;Encrypt=no", "p};Encrypt=no", "shop");
}
