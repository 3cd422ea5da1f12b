using System.Security.Cryptography;
using System.Text;
using Rekey.Rotators.MongoDb;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MongoDb;

/// <summary>The conversations printed in RFC 5802 (section 5), in RFC 7677 (section 3) and in MongoDB's specification of logins.</summary>
public sealed class ScramKeysTests
{
    [Theory]
    [InlineData("SHA1", "pencil", "QSXCR+Q6sek8bf92",
        "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
            + "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
        "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ=", 4096)]
    [InlineData("SHA256", "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==",
        "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
            + "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", 4096)]
    // MongoDB's older mechanism salts the MD5 of "user:mongo:pencil" in hexadecimal digits.
    [InlineData("SHA1", "1c33006ec1ffd90f9cadcbcc0e118200", "rQ9ZY3MntBeuP3E1TDVC4w==",
        "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000,"
            + "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE",
        "MC2T8BvbmWRckDw8oWl5IVghwCY=", "UMWeI25JD1yNYZRMpZ4VHvhZ9e0=", 10000)]
    public void PrintedConversation_ComesOut(
        string hash, string password, string salt, string message, string proof, string signature, int iterations)
    {
        var keys = ScramKeys.Derive(
            new HashAlgorithmName(hash), Encoding.UTF8.GetBytes(password), Convert.FromBase64String(salt), iterations);
        var said = Encoding.UTF8.GetBytes(message);
        Convert.ToBase64String(keys.ProofOf(said)).ShouldBe(proof);
        keys.SignatureOf(said).ShouldBe(signature);
    }
}
