using Rekey.Aws;
using Rekey.Rotators.MySql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MySql;

public sealed class MariaDbHashTests
{
    // Seen in SHOW CREATE USER of MariaDB 10.11.19 after IDENTIFIED ... PASSWORD('...').
    [Theory]
    [InlineData("mysql_native_password", "Old#1", "*C7B381F5359EAC0D3687F1075AEAF9373D08AAE2")]
    [InlineData("mysql_native_password", "Old#2", "*7E5FB55E0A9006BD7C51CE4BA21ED4721A37CB61")]
    [InlineData("ed25519", "Old#1", "LM17LQ6EtL0OfsqvNDKqKVM/LO4Ioh+e/6/tjS/BAlg")]
    [InlineData("ed25519", "New#1", "dekmjjs6KMJVYSKidOY37uZExBSRaUrtHmIP5tUjy+4")]
    [InlineData("ed25519", "New#3", "zU6oEhzR4fa5BmtalVpkh3mMful1Th2PjGV0U6MNlkg")]
    public void Hash_IsTheServers(string plugin, string password, string hash) =>
        MariaDbHash.For(plugin, Sensitive.FromText(password)).ShouldBe(hash);

    [Theory]
    [InlineData("caching_sha2_password")]
    [InlineData("unix_socket")]
    [InlineData("parsec")]
    public void OtherPlugin_HasNone(string plugin) => MariaDbHash.For(plugin, Sensitive.FromText("x")).ShouldBeNull();
}
