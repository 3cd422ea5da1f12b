using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;
using Rekey.Server.Kms;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Kms;

public sealed class EnvelopeCipherTests : IAsyncLifetime
{
    private const string Secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-a1B2c3";
    private const string Version = "11111111-2222-4333-8444-555555555555";
    private const string Refusal = "Secrets Manager can't decrypt the protected secret text using the provided KMS key.";

    private readonly KeyRing _ring = KeyRing.Create();
    private string _key = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _key = await _ring.EnsureDefaultKeyAsync(Stop);

    public ValueTask DisposeAsync() => _ring.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(65_536)]
    public void SealedPayload_OpensToItself(int size)
    {
        var payload = RandomNumberGenerator.GetBytes(size);
        var blob = _ring.Cipher.Seal(_key, Secret, Version, payload);
        blob.Length.ShouldBe(size + CiphertextBlob.Overhead);
        using var opened = _ring.Cipher.Open(Secret, Version, blob);
        opened.Reveal().ToArray().ShouldBe(payload);
    }

    [Fact]
    public void SealedPayload_OpensAfterARestart()
    {
        var blob = _ring.Cipher.Seal(_key, Secret, Version, "value"u8);
        using var keys = _ring.Reload();
        new EnvelopeCipher(keys).Open(Secret, Version, blob).RevealText().ShouldBe("value");
    }

    /// <summary>No two blobs share a salt, a nonce or a wrapped key, and none shows its payload.</summary>
    [Fact]
    public void SamePayload_NeverGivesTheSameParts()
    {
        var payload = Encoding.UTF8.GetBytes(new string('A', 64));
        var blobs = Enumerable.Range(0, 1000).Select(_ => _ring.Cipher.Seal(_key, Secret, Version, payload)).ToList();
        int[] edges =
        [
            CiphertextBlob.SaltAt, CiphertextBlob.WrapNonceAt, CiphertextBlob.WrappedKeyAt, CiphertextBlob.WrapTagAt,
            CiphertextBlob.PayloadNonceAt, CiphertextBlob.PayloadAt, CiphertextBlob.PayloadAt + payload.Length, blobs[0].Length,
        ];
        for (var i = 0; i < edges.Length - 1; i++)
            blobs.Select(blob => Convert.ToHexString(blob[edges[i]..edges[i + 1]])).Distinct().Count().ShouldBe(blobs.Count);
        blobs.Count(blob => blob.AsSpan().IndexOf("AAAA"u8) >= 0).ShouldBe(0);
    }

    [Theory]
    [InlineData(Secret, "11111111-2222-4333-8444-555555555556")]
    [InlineData(Secret, "")]
    [InlineData("arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-a1B2c4", Version)]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-a1B2c3", Version)]
    [InlineData("", Version)]
    [InlineData(Version, Secret)]
    public void BlobOfAnotherSecretOrVersion_DoesNotOpen(string secret, string version) =>
        ShouldBeRefused(_ring.Cipher.Seal(_key, Secret, Version, "value"u8), secret, version);

    /// <summary>A letter moved from the end of one part of the context to the start of the other makes another context.</summary>
    [Fact]
    public void ContextParts_DoNotRunIntoEachOther() =>
        ShouldBeRefused(_ring.Cipher.Seal(_key, Secret + "x", Version, "value"u8), Secret, "x" + Version);

    [Fact]
    public async Task BlobOfAnotherKey_DoesNotPassForOneOfThis()
    {
        var other = await _ring.EnsureDefaultKeyAsync(Stop, region: "us-east-1");
        var blob = _ring.Cipher.Seal(_key, Secret, Version, "value"u8);
        var otherBlob = _ring.Cipher.Seal(other, Secret, Version, "value"u8);
        otherBlob.AsSpan(CiphertextBlob.KeyIdAt, CiphertextBlob.KeyIdSize).CopyTo(blob.AsSpan(CiphertextBlob.KeyIdAt));
        ShouldBeRefused(blob);
    }

    /// <summary>Both blobs are whole, of one key, secret and version; a part of the one does not fit into the other.</summary>
    [Fact]
    public void PartsOfTwoBlobs_DoNotOpenTogether()
    {
        var one = _ring.Cipher.Seal(_key, Secret, Version, "value1"u8);
        var two = _ring.Cipher.Seal(_key, Secret, Version, "value2"u8);
        int[] edges = [CiphertextBlob.WrapNonceAt, CiphertextBlob.WrappedKeyAt, CiphertextBlob.WrapTagAt, CiphertextBlob.PayloadNonceAt,
            CiphertextBlob.PayloadAt, one.Length - CiphertextBlob.TagSize];
        foreach (var edge in edges) ShouldBeRefused([.. one[..edge], .. two[edge..]]);
    }

    /// <summary>Every bit of 80 blobs flipped, every length cut or grown: more than 100,000 changed blobs, one answer.</summary>
    [Fact]
    public void EveryChangedBit_AndEveryOtherLength_IsRefusedAlike()
    {
        var refused = 0;
        for (var round = 0; round < 80; round++)
        {
            var payload = RandomNumberGenerator.GetBytes(round);
            var blob = _ring.Cipher.Seal(_key, Secret, Version, payload);
            for (var bit = 0; bit < blob.Length * 8; bit++, refused++)
            {
                blob[bit / 8] ^= (byte)(1 << bit % 8);
                ShouldBeRefused(blob);
                blob[bit / 8] ^= (byte)(1 << bit % 8);
            }
            for (var length = 0; length < blob.Length; length++, refused++) ShouldBeRefused(blob[..length]);
            ShouldBeRefused([.. blob, 0]);
            _ring.Cipher.Open(Secret, Version, blob).Reveal().ToArray().ShouldBe(payload);
        }
        refused.ShouldBeGreaterThan(100_000);
    }

    [Theory]
    [InlineData("arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000000")]
    [InlineData("alias/aws/secretsmanager")]
    [InlineData("")]
    public void UnknownKey_IsEncryptionFailure(string key)
    {
        var failure = Should.Throw<ServiceException>(() => _ring.Cipher.Seal(key, Secret, Version, "value"u8));
        failure.Shape.ShouldBe(ErrorShape.Client("EncryptionFailure"));
    }

    /// <summary>A blob made by an independent program from the description of the layout: stored payloads must stay readable.</summary>
    [Fact]
    public async Task BlobMadeElsewhere_Opens()
    {
        const string id = "0badcafe-0000-4000-8000-0123456789ab";
        const string arn = "arn:aws:kms:eu-west-1:123456789012:key/" + id;
        var material = Enumerable.Range(100, KmsKey.MaterialSize).Select(i => (byte)i).ToArray();
        await _ring.Database.WriteAsync(session => session.Execute(
            """
            INSERT INTO kms_keys (key_id, key_arn, account, region, wrapped_material, created_at)
            VALUES (@id, @arn, 'a', 'r', @wrapped, 0)
            """,
            ("@id", id), ("@arn", arn), ("@wrapped", _ring.RootKey.Wrap(arn, material))), Stop);
        var blob = Convert.FromHexString(
            "010badcafe0000400080000123456789ab000102030405060708090a0b0c0d0e0fc8c9cacbcccdcecfd0d1d2d33a06ab2c54"
            + "2da49738f5be7a46daa5a685eafecf17b9c5d936840430e59a6ee77fc48155cb41946624d2dace835a1fc032333435363738"
            + "393a3b3c3dacc946d8cc7a82efb664b2dd54850f1cd3e1de7ff3e0ce599ed73eadf8");
        _ring.Cipher.Open(Secret, Version, blob).RevealText().ShouldBe("correct horse");
    }

    private void ShouldBeRefused(byte[] blob, string secret = Secret, string version = Version)
    {
        try
        {
            _ring.Cipher.Open(secret, version, blob).Dispose();
        }
        catch (ServiceException failure) when (failure.Shape.Code == "DecryptionFailure" && failure.Message == Refusal)
        {
            return;
        }
        Assert.Fail("A changed blob was opened.");
    }
}
