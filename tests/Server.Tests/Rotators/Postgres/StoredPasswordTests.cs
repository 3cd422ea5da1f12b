using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Rotators.Postgres;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.Postgres;

public sealed class StoredPasswordTests
{
    /// <summary>The exchange of RFC 7677, section 3, checked as a server checks it: by the stored and the server key alone.</summary>
    [Fact]
    public void Scram_VerifiesAProofMadeFromThePassword()
    {
        using var password = Sensitive.FromText("pencil");
        var parts = StoredPassword.Scram(password, 4096).Split('$', ':');
        parts[0].ShouldBe("SCRAM-SHA-256");
        parts[1].ShouldBe("4096");
        var salt = Convert.FromBase64String(parts[2]);
        salt.Length.ShouldBe(16);
        var storedKey = Convert.FromBase64String(parts[3]);
        var serverKey = Convert.FromBase64String(parts[4]);

        var message = Encoding.UTF8.GetBytes("n=user,r=x,r=xy,s=z,i=4096,c=biws,r=xy");
        var salted = Salted("pencil", salt, 4096);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8.ToArray());
        var proof = Xor(clientKey, HMACSHA256.HashData(SHA256.HashData(clientKey), message));

        SHA256.HashData(Xor(proof, HMACSHA256.HashData(storedKey, message))).ShouldBe(storedKey);
        serverKey.ShouldBe(HMACSHA256.HashData(salted, "Server Key"u8.ToArray()));
    }

    [Fact]
    public void Scram_SaltsEachTimeAnew()
    {
        using var password = Sensitive.FromText("pencil");
        StoredPassword.Scram(password, 1).ShouldNotBe(StoredPassword.Scram(password, 1));
    }

    /// <summary>From the server's documentation of pg_authid: "md5" and the MD5 of password, then user name.</summary>
    [Fact]
    public void Md5_IsThatOfPasswordAndName()
    {
        using var password = Sensitive.FromText("secret");
        StoredPassword.Md5(password, "joe").ShouldBe("md5c59ec932d911ffdf487595b5a2adf973");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData(" \t~!\"'\\")]
    [InlineData("pässwörd €")]
    [InlineData("пароль 暗号 비밀")]
    public void PasswordThatAllClientsSendAlike_IsTaken(string text)
    {
        using var password = Sensitive.FromText(text);
        PlainPassword.ForScram(password).ToArray().ShouldBe(Encoding.UTF8.GetBytes(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("no\u00A0break")]
    [InlineData("soft\u00ADhyphen")]
    [InlineData("ﬁ")]
    [InlineData("①")]
    [InlineData("a\u0301")]
    [InlineData("か\u3099")]
    [InlineData("ᄒ\u1161")]
    [InlineData("😀")]
    public void AnyOther_IsRefused_WithoutBeingNamed(string text)
    {
        using var password = Sensitive.FromText(text);
        var failure = Should.Throw<RotatorException>(() => StoredPassword.Scram(password, 1));
        failure.Cause.ShouldBe(FailureCause.Precondition);
        if (text.Length > 1) failure.Message.ShouldNotContain(text);
    }

    [Fact]
    public void BytesThatAreNoText_AreRefused()
    {
        using var password = new Sensitive([0xC3, 0x28]);
        Should.Throw<RotatorException>(() => StoredPassword.Scram(password, 1));
    }

    /// <summary>The derivation written out (RFC 5802, section 2.2), not the library's.</summary>
    private static byte[] Salted(string password, byte[] salt, int iterations)
    {
        var key = Encoding.UTF8.GetBytes(password);
        byte[] first = [.. salt, 0, 0, 0, 1];
        var round = HMACSHA256.HashData(key, first);
        var sum = round;
        for (var i = 1; i < iterations; i++)
        {
            round = HMACSHA256.HashData(key, round);
            sum = Xor(sum, round);
        }
        return sum;
    }

    private static byte[] Xor(byte[] one, byte[] other) => [.. one.Zip(other, (a, b) => (byte)(a ^ b))];
}
