using Rekey.Aws;
using Rekey.Server.Kms;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Kms;

/// <summary>Opening in two halves: a kept data key opens its own blob, for its own secret and version, and nothing else.</summary>
public sealed class DataKeyTests : IAsyncLifetime
{
    private const string Secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-a1B2c3";
    private const string Version = "11111111-2222-4333-8444-555555555555";

    private readonly KeyRing _ring = KeyRing.Create();
    private byte[] _blob = [];

    public async ValueTask InitializeAsync() => _blob = _ring.Cipher.Seal(
        await _ring.EnsureDefaultKeyAsync(TestContext.Current.CancellationToken), Secret, Version, "value"u8);

    public ValueTask DisposeAsync() => _ring.DisposeAsync();

    [Fact]
    public void KeptKey_OpensItsBlobAgainAndAgain()
    {
        using var key = _ring.Cipher.Unwrap(Secret, Version, _blob);
        for (var time = 0; time < 3; time++) EnvelopeCipher.Open(Secret, Version, _blob, key).RevealText().ShouldBe("value");
    }

    [Fact]
    public void KeyOfAnotherBlob_OpensNothing()
    {
        var other = _ring.Cipher.Seal(KmsKeyArn(), Secret, Version, "value"u8);
        using var key = _ring.Cipher.Unwrap(Secret, Version, other);
        ShouldBeRefused(() => EnvelopeCipher.Open(Secret, Version, _blob, key));
    }

    [Fact]
    public void AnotherSecretOrVersion_IsRefusedInBothHalves()
    {
        using var key = _ring.Cipher.Unwrap(Secret, Version, _blob);
        ShouldBeRefused(() => EnvelopeCipher.Open(Secret, Version[..^1], _blob, key));
        ShouldBeRefused(() => EnvelopeCipher.Open(Secret[..^1], Version, _blob, key));
        ShouldBeRefused(() => _ring.Cipher.Unwrap(Secret, Version[..^1], _blob));
        ShouldBeRefused(() => _ring.Cipher.Unwrap(Secret[..^1], Version, _blob));
    }

    [Fact]
    public void EveryChangedByte_IsRefusedWithTheKeptKeyToo()
    {
        using var key = _ring.Cipher.Unwrap(Secret, Version, _blob);
        for (var at = 0; at < _blob.Length; at++)
        {
            var changed = (byte[])_blob.Clone();
            changed[at] ^= 1;
            ShouldBeRefused(() => EnvelopeCipher.Open(Secret, Version, changed, key));
        }
    }

    [Fact]
    public void DisposedKey_IsZeroAndPrintsAMaskBefore()
    {
        var key = _ring.Cipher.Unwrap(Secret, Version, _blob);
        key.ToString().ShouldBe(Sensitive.Mask);
        key.Reveal().ToArray().ShouldContain(part => part != 0);
        key.Dispose();
        key.Reveal().ToArray().ShouldAllBe(part => part == 0);
    }

    private string KmsKeyArn() => _ring.Database.Read(session =>
        session.Find("SELECT key_arn FROM kms_keys", row => row.Text(0)))!;

    private static void ShouldBeRefused(Func<IDisposable> open) =>
        Should.Throw<ServiceException>(open).Shape.Code.ShouldBe("DecryptionFailure");
}
