using System.Security.Cryptography;
using Rekey.Server.Kms;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Kms;

public sealed class MemoryCipherTests : IDisposable
{
    private readonly MemoryCipher _cipher = new();

    public void Dispose() => _cipher.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_537)]
    public void SealedPayload_OpensToItselfAgainAndAgain(int size)
    {
        var payload = RandomNumberGenerator.GetBytes(size);
        var kept = _cipher.Seal(payload);
        kept.Length.ShouldBe(size + MemoryCipher.Overhead);
        for (var time = 0; time < 3; time++)
        {
            using var opened = _cipher.Open(kept);
            opened.Reveal().ToArray().ShouldBe(payload);
        }
    }

    [Fact]
    public void SamePayload_IsNeverSealedAlike()
    {
        var payload = new byte[32];
        var kept = Enumerable.Range(0, 1000).Select(_ => _cipher.Seal(payload)).ToList();
        kept.Select(bytes => Convert.ToHexString(bytes.AsSpan(0, 12))).Distinct().Count().ShouldBe(kept.Count);
        kept.Select(bytes => Convert.ToHexString(bytes.AsSpan(12))).Distinct().Count().ShouldBe(kept.Count);
        kept.Count(bytes => bytes.AsSpan().IndexOf(new byte[16]) >= 0).ShouldBe(0);
    }

    [Fact]
    public void EveryChangedByte_IsRefused()
    {
        var kept = _cipher.Seal("value"u8);
        for (var at = 0; at < kept.Length; at++)
        {
            var changed = (byte[])kept.Clone();
            changed[at] ^= 1;
            Should.Throw<AuthenticationTagMismatchException>(() => _cipher.Open(changed));
        }
    }

    [Fact]
    public void AnotherProcess_OpensNothing()
    {
        using var other = new MemoryCipher();
        Should.Throw<AuthenticationTagMismatchException>(() => other.Open(_cipher.Seal("value"u8)));
    }

    [Fact]
    public void Threads_ShareTheKeyAndNotTheCipher()
    {
        var payloads = Enumerable.Range(0, 64).Select(_ => RandomNumberGenerator.GetBytes(100)).ToList();
        var kept = payloads.AsParallel().AsOrdered().Select(payload => _cipher.Seal(payload)).ToList();
        kept.Select(bytes => Convert.ToHexString(bytes.AsSpan(0, 12))).Distinct().Count().ShouldBe(kept.Count);
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var round = 0; round < 500; round++)
            {
                using var opened = _cipher.Open(kept[round % kept.Count]);
                opened.Reveal().ToArray().ShouldBe(payloads[round % kept.Count]);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }

    [Fact]
    public void Disposed_SealsAndOpensNothing()
    {
        var kept = _cipher.Seal("value"u8);
        _cipher.Dispose();
        Should.Throw<ObjectDisposedException>(() => _cipher.Open(kept));
        Should.Throw<ObjectDisposedException>(() => _cipher.Seal("value"u8));
    }
}
