using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MySql;

public sealed class MySqlAccountTests
{
    [Theory]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED BY PASSWORD '*C7B3'", "mysql_native_password")]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED VIA ed25519 USING 'LM17'", "ed25519")]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED VIA unix_socket", "unix_socket")]
    [InlineData("CREATE USER `a`@`%` IDENTIFIED VIA ed25519 USING 'x' OR mysql_native_password USING 'y'", null)]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED WITH 'caching_sha2_password' AS <secret> REQUIRE NONE", "caching_sha2_password")]
    [InlineData("CREATE USER `x`` IDENTIFIED VIA evil`@`%` IDENTIFIED VIA ed25519 USING 'z'", "ed25519")]
    [InlineData("CREATE USER `a OR b`@`%` IDENTIFIED BY PASSWORD '*C7B3'", "mysql_native_password")]
    [InlineData("CREATE USER `app`@`%`", null)]
    [InlineData("", null)]
    public void Plugin_IsTheOnlyOneOfTheAccount(string createUser, string? plugin) => MySqlAccount.ParsePlugin(createUser).ShouldBe(plugin);

    [Theory]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED VIA mysql_native_password USING '*C7' OR mysql_native_password USING '*D8'", true)]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED VIA ed25519 USING 'LM' OR mysql_native_password USING '*C7' REQUIRE SSL", true)]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED VIA unix_socket OR mysql_native_password USING '*C7B3'", false)]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED VIA mysql_native_password USING 'invalid' OR ed25519 USING 'LM'", false)]
    [InlineData("CREATE USER `x OR ed25519 USING 'y'`@`%` IDENTIFIED VIA ed25519 USING 'LM'", false)]
    [InlineData("CREATE USER `app`@`%` IDENTIFIED BY PASSWORD '*C7B3' REQUIRE ISSUER '/CN=a OR b'", false)]
    [InlineData("", false)]
    public void SeveralPasswords_AreFound(string createUser, bool found) => MySqlAccount.HasSeveralPasswords(createUser).ShouldBe(found);

    [Theory]
    [InlineData("app@%", "app")]
    [InlineData("a@b@localhost", "a@b")]
    [InlineData("@localhost", "")]
    [InlineData("", "")]
    public void Username_StandsBeforeTheLastAt(string name, string username) => new MySqlAccount(name, "", "").Username.ShouldBe(username);

    [Theory]
    [InlineData("@localhost")]
    [InlineData("APP@%")]
    [InlineData("other@%")]
    public void OtherAccount_IsRefused(string name) =>
        Should.Throw<RotatorException>(() => new MySqlAccount(name, "", "").DemandIs("app")).Cause.ShouldBe(FailureCause.Precondition);

    [Theory]
    [InlineData("MariaDB", "10.11.000019", "MariaDB 10.11.19")]
    [InlineData("MySQL", "09.07.0004", "MySQL 9.7.4")]
    [InlineData("MySQL", "8.0.36-log", "MySQL 8.0.36")]
    [InlineData("MySQL", "5.7", "MySQL 5.7.0")]
    [InlineData("", "", "MySQL 0.0.0")]
    public void Server_IsReadFromItsDescription(string name, string version, string expected) =>
        MySqlServer.Parse((name, version)).ToString().ShouldBe(expected);
}
