using System.Text;
using Rekey.Aws;
using Rekey.Rotators.MySql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MySql;

public sealed class Sha256CryptTests
{
    /// <summary>
    /// The test vectors of U. Drepper, "Unix crypt using SHA-256 and SHA-512", 2008, with salts and rounds as its limits leave them.
    /// </summary>
    [Theory]
    [InlineData("Hello world!", "saltstring", 5000, "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5")]
    [InlineData("Hello world!", "saltstringsaltst", 10000, "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA")]
    [InlineData("This is just a test", "toolongsaltstrin", 5000, "Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5")]
    [InlineData(
        "a very much longer text to encrypt.  This one even stretches over morethan one line.",
        "anotherlongsalts", 1400, "Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1")]
    [InlineData("we have a short salt string but not a short password", "short", 77777, "JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/")]
    [InlineData("a short string", "asaltof16chars..", 123456, "gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZKmF/wJvD")]
    [InlineData("the minimum number is still observed", "roundstoolow", 1000, "yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC")]
    public void Digest_IsTheSpecifications(string key, string salt, int rounds, string digest) =>
        Sha256Crypt.Digest(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(salt), rounds).ShouldBe(digest);

    /// <summary>Seen in mysql.user of MySQL 9.7, in hexadecimal.</summary>
    [Theory]
    [InlineData(
        "caching_sha2_password", "Old#1",
        "244124303041240B7604203C65382C2B132C0E29575D0941791F2E77746B66614D5546"
            + "494B45636965626E4A3732546A58303272592E655372515430434A475972622F6A7831")]
    [InlineData(
        "caching_sha2_password", "correct horse battery staple, and then some more of it to pass 64 bytes",
        "24412430304124636B1F01771C5131017B183A7778406926533A03465A304E4A746C47"
            + "65325334636846774634494C45524B4D4B356359454743634F4A6C38384E37566F4341")]
    [InlineData(
        "sha256_password", "Old#1",
        "2435241D017644637351234F06675E67481A7E3944252A244E466F54752E2F557A4B2E"
            + "356E776A65694B427841786335324C37644879552E3358626164355449705930")]
    public void StoredPassword_IsKnown_AndNoOther(string plugin, string password, string stored)
    {
        var kept = new Authentication(plugin, Encoding.Latin1.GetString(Convert.FromHexString(stored)));
        StoredHash.Matches(kept, Sensitive.FromText(password)).ShouldBe(true);
        StoredHash.Matches(kept, Sensitive.FromText(password + " ")).ShouldBe(false);
        StoredHash.Matches(kept, Sensitive.FromText(password.ToUpperInvariant())).ShouldBe(false);
    }

    [Theory]
    [InlineData("caching_sha2_password", "")]
    [InlineData("caching_sha2_password", "$A$005$short")]
    [InlineData("caching_sha2_password", "$A$xyz$01234567890123456789digest")]
    [InlineData("sha256_password", "$5$")]
    [InlineData("authentication_ldap_sasl", "$5$salt$digest")]
    public void WhatIsNotAHash_CannotBeTold(string plugin, string stored) =>
        StoredHash.Matches(new Authentication(plugin, stored), Sensitive.FromText("x")).ShouldBeNull();
}
