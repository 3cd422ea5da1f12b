using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Oracle;
using Rekey.Rotators.Sql;
using Rekey.Server.Tests.Rotators.Sql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Oracle;

public sealed class OracleErrorsTests
{
    [Theory]
    [InlineData(1017, FailureCause.Auth)]
    [InlineData(28000, FailureCause.Auth)]
    [InlineData(28001, FailureCause.Auth)]
    [InlineData(28003, FailureCause.Policy)]
    [InlineData(20002, FailureCause.Policy)]
    [InlineData(28007, FailureCause.Policy)]
    [InlineData(28221, FailureCause.Policy)]
    [InlineData(1031, FailureCause.Privilege)]
    [InlineData(1045, FailureCause.Privilege)]
    [InlineData(942, FailureCause.Privilege)]
    [InlineData(1927, FailureCause.Privilege)]
    [InlineData(20, FailureCause.Unavailable)]
    [InlineData(2391, FailureCause.Unavailable)]
    [InlineData(12516, FailureCause.Unavailable)]
    [InlineData(16000, FailureCause.Unavailable)]
    [InlineData(12514, FailureCause.Precondition)]
    [InlineData(12505, FailureCause.Precondition)]
    [InlineData(65096, FailureCause.Precondition)]
    [InlineData(1918, FailureCause.Precondition)]
    [InlineData(12541, FailureCause.Network)]
    [InlineData(12545, FailureCause.Network)]
    [InlineData(3113, FailureCause.Network)]
    [InlineData(12170, FailureCause.Timeout)]
    [InlineData(1013, FailureCause.Timeout)]
    [InlineData(28860, FailureCause.Tls)]
    [InlineData(29024, FailureCause.Tls)]
    [InlineData(12660, FailureCause.Tls)]
    [InlineData(54, FailureCause.Conflict)]
    [InlineData(60, FailureCause.Conflict)]
    [InlineData(600, FailureCause.Other)]
    public void ServersCodes_HaveTheirMeaning(int code, FailureCause cause)
    {
        var e = OracleErrors.Classify(new OdbcException("HY000", code, "text with 'p4ssword'"), isLogin: true);
        (e.Cause, e.NativeCode).ShouldBe((cause, code.ToString()));
        e.Message.ShouldNotContain("p4ssword");
    }

    [Theory]
    [InlineData("HYT00", FailureCause.Timeout)]
    [InlineData("08S01", FailureCause.Network)]
    [InlineData("01000", FailureCause.Precondition)]
    [InlineData("28000", FailureCause.Auth)]
    public void DriversStates_HaveTheirMeaning(string state, FailureCause cause) =>
        OracleErrors.Classify(new OdbcException(state, 0, ""), isLogin: true).Cause.ShouldBe(cause);

    [Theory]
    [InlineData(28862, true)]
    [InlineData(29024, false)]
    [InlineData(28860, false)]
    public void W12_OnlyAServerThatShunsTls_LetsTheLoginGoOnWithout(int code, bool expected) =>
        OracleErrors.IsTlsNotOffered(OracleErrors.Classify(new OdbcException("08001", code, ""), isLogin: true)).ShouldBe(expected);

    [Fact]
    public void W13_ConnectionString_IsADescriptorInWhichNothingCanBeAdded()
    {
        var here = typeof(OracleErrorsTests).Assembly.Location;
        var driver = new OracleDriver(new RotatorOptions { OdbcOracleFile = here, OracleWalletFolder = Path.GetDirectoryName(here) });
        var account = SqlSecrets.Account("oracle", "u;DBQ=x", "p}", "pdb1.example");
        using var text = driver.ConnectionString(account, new SqlRoute { Tls = true });
        text.Span.ToString().ShouldBe(
            $"DRIVER={{{here}}};DBQ={{(DESCRIPTION=(CONNECT_TIMEOUT=5)(TRANSPORT_CONNECT_TIMEOUT=5)(RETRY_COUNT=0)"
                + "(ADDRESS=(PROTOCOL=TCPS)(HOST=db.example)(PORT=4242))(CONNECT_DATA=(SERVICE_NAME=pdb1.example))"
                + $"(SECURITY=(SSL_SERVER_DN_MATCH=TRUE)(MY_WALLET_DIRECTORY={Path.GetDirectoryName(here)})))}};"
                + "UID={u;DBQ=x};PWD={p}}};QTO={T};FWC={T};");
        using var plain = driver.ConnectionString(
            SqlSecrets.Account("oracle", "u", "p", "ORCL"), new SqlRoute { Tls = false, IsInstance = true });
        plain.Span.ToString().ShouldContain("(PROTOCOL=TCP)(HOST=db.example)(PORT=4242))(CONNECT_DATA=(SID=ORCL)))");
    }

    [Theory]
    [InlineData("x)(ADDRESS=(HOST=evil)")]
    [InlineData("a b")]
    [InlineData("a;b")]
    [InlineData(null)]
    public void DatabaseThatIsNoName_IsRefused(string? database)
    {
        var driver = new OracleDriver(new RotatorOptions { OdbcOracleFile = typeof(OracleErrorsTests).Assembly.Location });
        Should.Throw<RotatorException>(() => driver.ConnectionString(
            SqlSecrets.Account("oracle", "u", "p", database), new SqlRoute { Tls = true })).Cause.ShouldBe(FailureCause.Precondition);
    }

    [Fact]
    public void Names_ComeBackAsOneName()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var name = HostileNames.Pick(new Random(seed), 1)[0];
            new SqlTokens(OracleText.Name(name), brackets: false).All.ShouldBe([new SqlToken(SqlTokenKind.Name, name)], $"seed {seed}");
            new SqlTokens(OracleText.Literal(name), brackets: false).All.ShouldBe([new SqlToken(SqlTokenKind.Text, name)]);
        }
        Should.Throw<RotatorException>(() => OracleText.Name("a\"b"));
    }

    [Theory]
    [InlineData("app", "APP")]
    [InlineData("\"app\"", "app")]
    [InlineData("\"a b\"", "a b")]
    public void SecretsName_IsReadAsTheServerReadsIt(string username, string expected) =>
        OracleText.Catalogued(username).ShouldBe(expected);

    [Theory]
    [InlineData("\"app\"_CLONE")]
    [InlineData("a\"b")]
    public void NameThatIsQuotedInPart_IsRefused(string username) =>
        Should.Throw<RotatorException>(() => OracleText.Catalogued(username)).Cause.ShouldBe(FailureCause.Precondition);

    [Fact]
    public void ThrowawayPassword_SatisfiesTheStrictestFunction()
    {
        for (var i = 0; i < 200; i++)
        {
            using Sensitive password = OracleProfile.ThrowawayPassword();
            var text = password.RevealText();
            text.Length.ShouldBe(30);
            (text.Count(char.IsAsciiLetterLower) >= 2 && text.Count(char.IsAsciiLetterUpper) >= 2 && text.Count(char.IsAsciiDigit) >= 2)
                .ShouldBeTrue();
            text.ShouldNotContain("\"");
        }
    }

    [Theory]
    [InlineData("SecretsManagerRDSOracleRotationSingleUser", 30)]
    [InlineData("SecretsManagerRDSOracleRotationMultiUser", 30)]
    [InlineData("SecretsManagerRDSSQLServerRotationMultiUser", 32)]
    [InlineData("SecretsManagerRDSDb2RotationSingleUser", 32)]
    [InlineData("SecretsManagerRDSDb2RotationMultiUser", 32)]
    public void Templates_HaveAwssPasswordLength(string name, int length) => PasswordPolicy
        .FromSettings(RotatorCatalogue.Find(name)!.Engine, new Dictionary<string, string>()).Length.ShouldBe(length);
}
