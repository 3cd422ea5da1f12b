using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Identity;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

public sealed class SigningKeyCacheTests
{
    private const string Credential = "AKIA1/20260504/r/s/aws4_request";

    [Fact]
    public void ReplacedKey_NoLongerFindsItsOldSigningKey()
    {
        var cache = new SigningKeyCache();
        var first = KeyOf("one");
        cache.Add(Credential, new CachedSigningKey(first, "r", "s", new byte[32]));
        cache.Find(Credential, first).ShouldNotBeNull();
        cache.Find(Credential, KeyOf("two")).ShouldBeNull();
        cache.Find(Credential, null).ShouldBeNull();
    }

    [Fact]
    public void Number_IsBounded()
    {
        var cache = new SigningKeyCache();
        var key = KeyOf("one");
        for (var i = 0; i <= Limits.CachedSigningKeysMax; i++) cache.Add($"AKIA1/{i}", new CachedSigningKey(key, "r", "s", []));
        cache.Count.ShouldBeLessThanOrEqualTo(Limits.CachedSigningKeysMax);
        cache.Find($"AKIA1/{Limits.CachedSigningKeysMax}", key).ShouldNotBeNull();
    }

    [Fact]
    public void CachedKey_SignsAgainAndInParallelAsAFreshOneDoes()
    {
        var key = RandomNumberGenerator.GetBytes(SigningKey.Length);
        var cached = new CachedSigningKey(KeyOf("one"), "r", "s", key);
        Parallel.For(0, 2_000, i =>
        {
            var text = BitConverter.GetBytes(i);
            var (expected, actual) = (new byte[SigningKey.SignatureLength], new byte[SigningKey.SignatureLength]);
            SigningKey.Sign(key, text, expected);
            cached.Sign(text, actual);
            actual.ShouldBe(expected);
        });
    }

    private static AccessKey KeyOf(string secret) =>
        new("AKIA1", Sensitive.FromText(secret), Principal.Root("123456789012", "AKIA1"));
}
