using System.Security.Cryptography;

namespace Rekey.Rotators.MySql;

/// <summary>
/// The SHA-256 variant of crypt(3), with which MySQL stores passwords. Source: U. Drepper, "Unix crypt using SHA-256 and SHA-512", 2008.
/// </summary>
internal static class Sha256Crypt
{
    private const int Size = SHA256.HashSizeInBytes;
    private const string Alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The 43 characters of the digest.</summary>
    public static string Digest(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt, int rounds)
    {
        Span<byte> state = stackalloc byte[Size];
        Span<byte> block = stackalloc byte[Size];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        hash.AppendData(key);
        hash.AppendData(salt);
        hash.AppendData(key);
        hash.GetHashAndReset(block);

        hash.AppendData(key);
        hash.AppendData(salt);
        AppendRepeated(hash, block, key.Length);
        for (var bits = key.Length; bits > 0; bits >>= 1) hash.AppendData((bits & 1) != 0 ? block : key);
        hash.GetHashAndReset(state);

        var keys = Sequence(hash, key, key.Length, key.Length);
        var salts = Sequence(hash, salt, 16 + state[0], salt.Length);
        for (var round = 0; round < rounds; round++)
        {
            hash.AppendData((round & 1) != 0 ? keys : state);
            if (round % 3 != 0) hash.AppendData(salts);
            if (round % 7 != 0) hash.AppendData(keys);
            hash.AppendData((round & 1) != 0 ? state : keys);
            hash.GetHashAndReset(state);
        }
        var digest = Encode(state);
        CryptographicOperations.ZeroMemory(keys);
        CryptographicOperations.ZeroMemory(block);
        return digest;
    }

    /// <summary>The digest of the text repeated, stretched to a length.</summary>
    private static byte[] Sequence(IncrementalHash hash, ReadOnlySpan<byte> text, int times, int length)
    {
        for (var i = 0; i < times; i++) hash.AppendData(text);
        var digest = hash.GetHashAndReset();
        var sequence = new byte[length];
        for (var i = 0; i < length; i++) sequence[i] = digest[i % Size];
        return sequence;
    }

    private static void AppendRepeated(IncrementalHash hash, ReadOnlySpan<byte> block, int length)
    {
        for (; length > Size; length -= Size) hash.AppendData(block);
        hash.AppendData(block[..length]);
    }

    /// <summary>Three bytes make four characters, in an order of crypt's own; the last two bytes make three.</summary>
    private static string Encode(ReadOnlySpan<byte> digest)
    {
        Span<char> text = stackalloc char[43];
        var (a, b, c) = (0, 10, 20);
        for (var i = 0; i < 40; i += 4)
        {
            Put(text[i..], digest[a], digest[b], digest[c], 4);
            (a, b, c) = (c + 1, a + 1, b + 1);
        }
        Put(text[40..], 0, digest[31], digest[30], 3);
        return new string(text);

        static void Put(Span<char> into, byte high, byte middle, byte low, int count)
        {
            var bits = (high << 16) | (middle << 8) | low;
            for (var i = 0; i < count; i++, bits >>= 6) into[i] = Alphabet[bits & 63];
        }
    }
}
