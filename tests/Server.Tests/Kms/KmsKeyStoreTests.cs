using Rekey.Aws;
using Rekey.Server.Kms;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Kms;

public sealed class KmsKeyStoreTests : IAsyncLifetime
{
    private readonly KeyRing _ring = KeyRing.Create();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _ring.DisposeAsync();

    [Fact]
    public async Task DefaultKey_IsMadeOnce_PerAccountAndRegion()
    {
        var first = await _ring.EnsureDefaultKeyAsync(Stop);
        (await _ring.EnsureDefaultKeyAsync(Stop)).ShouldBe(first);
        var otherRegion = await _ring.EnsureDefaultKeyAsync(Stop, region: "us-east-1");
        var otherAccount = await _ring.EnsureDefaultKeyAsync(Stop, account: "210987654321");
        new[] { first, otherRegion, otherAccount }.Distinct().Count().ShouldBe(3);
        first.ShouldMatch("^arn:aws:kms:eu-west-1:123456789012:key/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
        otherAccount.ShouldStartWith("arn:aws:kms:eu-west-1:210987654321:key/");
    }

    [Fact]
    public async Task DefaultKeyOfAFailedWrite_IsForgotten()
    {
        var lost = "";
        await Should.ThrowAsync<InvalidOperationException>(_ring.Database.WriteAsync<int>(session =>
        {
            lost = _ring.Keys.EnsureDefaultKey(session, KeyRing.Account, KeyRing.Region, KeyRing.Now);
            throw new InvalidOperationException("no");
        }, Stop));
        (await _ring.EnsureDefaultKeyAsync(Stop)).ShouldNotBe(lost);
    }

    [Fact]
    public async Task Resolve_TakesIdArnAliasAndAliasArn()
    {
        var arn = await _ring.EnsureDefaultKeyAsync(Stop);
        Resolve(arn).ShouldBe(arn);
        Resolve(arn[(arn.IndexOf("key/", StringComparison.Ordinal) + 4)..]).ShouldBe(arn);
        Resolve("alias/aws/secretsmanager").ShouldBe(arn);
        Resolve("arn:aws:kms:eu-west-1:123456789012:alias/aws/secretsmanager").ShouldBe(arn);
    }

    [Fact]
    public async Task Resolve_FindsNothingOutsideTheCallersAccountAndRegion()
    {
        var arn = await _ring.EnsureDefaultKeyAsync(Stop);
        var other = await _ring.EnsureDefaultKeyAsync(Stop, account: "210987654321");
        string[] names =
        [
            "", "alias/", "alias/other", "key/", "aws/secretsmanager", "ALIAS/aws/secretsmanager", arn.ToUpperInvariant(), arn + "0",
            arn.Replace("eu-west-1", "us-east-1"), arn.Replace(":kms:", ":s3:"), other, other[^36..],
            "arn:aws:kms:us-east-1:123456789012:alias/aws/secretsmanager", "00000000-0000-4000-8000-000000000000",
        ];
        names.Where(name => Resolve(name) is not null).ShouldBeEmpty();
    }

    [Fact]
    public async Task WrappedMaterial_MovedToAnotherKeysRow_IsNotUsed()
    {
        var mine = await _ring.EnsureDefaultKeyAsync(Stop);
        var other = await _ring.EnsureDefaultKeyAsync(Stop, region: "us-east-1");
        var blob = _ring.Cipher.Seal(mine, "secret", "version", "value"u8);
        await _ring.Database.WriteAsync(session => session.Execute(
            "UPDATE kms_keys SET wrapped_material = (SELECT wrapped_material FROM kms_keys WHERE key_arn = @other) WHERE key_arn = @mine",
            ("@other", other), ("@mine", mine)), Stop);
        using var keys = _ring.Reload();
        var cipher = new EnvelopeCipher(keys);
        Should.Throw<ServiceException>(() => cipher.Open("secret", "version", blob)).Shape.Code.ShouldBe("DecryptionFailure");
        Should.Throw<ServiceException>(() => cipher.Seal(mine, "secret", "version", "value"u8)).Shape.Code.ShouldBe("EncryptionFailure");
        cipher.Seal(other, "secret", "version", "value"u8).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task RowOfAnotherKey_UnderThisId_IsNotUsed()
    {
        var mine = await _ring.EnsureDefaultKeyAsync(Stop);
        var other = await _ring.EnsureDefaultKeyAsync(Stop, region: "us-east-1");
        var blob = _ring.Cipher.Seal(mine, "secret", "version", "value"u8);
        await _ring.Database.WriteAsync(session => session.Execute("DELETE FROM kms_keys WHERE key_arn = @mine", ("@mine", mine))
            + session.Execute("UPDATE kms_keys SET key_id = @id WHERE key_arn = @other", ("@id", mine[^36..]), ("@other", other)), Stop);
        using var keys = _ring.Reload();
        var refusal = Should.Throw<ServiceException>(() => new EnvelopeCipher(keys).Open("secret", "version", blob));
        refusal.Shape.Code.ShouldBe("DecryptionFailure");
    }

    [Fact]
    public async Task OtherRootKey_OpensNothing()
    {
        var arn = await _ring.EnsureDefaultKeyAsync(Stop);
        using var other = new RootKey(new byte[RootKey.Size]);
        using var keys = new KmsKeyStore(other, _ring.Database);
        keys.FindByArn(arn).ShouldBeNull();
    }

    [Fact]
    public async Task ZeroedKeys_SealNothing()
    {
        var arn = await _ring.EnsureDefaultKeyAsync(Stop);
        var keys = _ring.Reload();
        var key = keys.FindByArn(arn)!;
        keys.Dispose();
        Should.Throw<ObjectDisposedException>(() => key.DeriveWrappingKey(new byte[CiphertextBlob.SaltSize], new byte[32]));
        var rootKey = new RootKey(new byte[RootKey.Size]);
        rootKey.Dispose();
        Should.Throw<ObjectDisposedException>(() => rootKey.Wrap(arn, new byte[KmsKey.MaterialSize]));
    }

    [Fact]
    public async Task EveryChangedBitOfWrappedMaterial_IsRefused()
    {
        var arn = await _ring.EnsureDefaultKeyAsync(Stop);
        var wrapped = _ring.Database.Read(session => session.Find("SELECT wrapped_material FROM kms_keys", row => row.Bytes(0)))!;
        var material = new byte[KmsKey.MaterialSize];
        _ring.RootKey.TryUnwrap(arn, wrapped, material).ShouldBeTrue();
        for (var bit = 0; bit < wrapped.Length * 8; bit++)
        {
            wrapped[bit / 8] ^= (byte)(1 << bit % 8);
            _ring.RootKey.TryUnwrap(arn, wrapped, material).ShouldBeFalse();
            wrapped[bit / 8] ^= (byte)(1 << bit % 8);
        }
        for (var length = 0; length < wrapped.Length; length++)
            _ring.RootKey.TryUnwrap(arn, wrapped.AsSpan(0, length), material).ShouldBeFalse();
        _ring.RootKey.TryUnwrap(arn + "x", wrapped, material).ShouldBeFalse();
    }

    private string? Resolve(string name) =>
        _ring.Database.Read(session => KmsKeyStore.Resolve(session, KeyRing.Account, KeyRing.Region, name));
}
