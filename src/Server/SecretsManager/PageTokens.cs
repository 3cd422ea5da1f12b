using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Rekey.Server.Kms;
using Rekey.Server.Protocols;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// NextTokens: where the last page ended, sealed so that a token shows nothing and cannot be made or changed by others. One is good for the
/// account, region, operation and query that it was made for, on every node, for <see cref="Limits.PageTokenLifetime"/>. It grants nothing:
/// each page is authorised anew. Token: base64url of version, salt, sealed time and position, tag. AES-256-GCM under a key of the token's
/// own, HMAC-SHA256 of the salt under a key derived from the root key, so that the number of tokens is not bounded.
/// </summary>
internal sealed class PageTokens : IDisposable
{
    private const byte Version = 1;
    private const int KeySize = 32;
    private const int SaltSize = 16;
    private const int TagSize = 16;
    private const int TimeSize = sizeof(long);
    private const int SealedAt = 1 + SaltSize;

    /// <summary>A key seals one token: the nonce need not vary.</summary>
    private static readonly byte[] s_nonce = new byte[12];

    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(KeySize, pinned: true);

    public PageTokens(RootKey rootKey) => rootKey.DeriveKey("rekey page token 1"u8, _key);

    /// <param name="query">All that must be the same from page to page, beside the caller's account, region and operation.</param>
    /// <param name="position">Where the page ended.</param>
    public string Write(RequestContext context, string query, string position)
    {
        var content = new byte[TimeSize + Encoding.UTF8.GetByteCount(position)];
        BinaryPrimitives.WriteInt64BigEndian(content, context.Time.ToUnixTimeMilliseconds());
        Encoding.UTF8.GetBytes(position, content.AsSpan(TimeSize));
        var token = new byte[SealedAt + content.Length + TagSize];
        token[0] = Version;
        RandomNumberGenerator.Fill(token.AsSpan(1, SaltSize));
        using var cipher = CipherOf(token);
        cipher.Encrypt(s_nonce, content, token.AsSpan(SealedAt, content.Length), token.AsSpan(^TagSize..), Bind(context, query));
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The position; throws InvalidNextTokenException for a token that is too old, of another query, or none of ours.</summary>
    public string Read(RequestContext context, string query, string text)
    {
        if (!TryDecode(text, out var token)) throw SecretsManagerErrors.BadNextToken();
        var content = new byte[token.Length - SealedAt - TagSize];
        try
        {
            using var cipher = CipherOf(token);
            cipher.Decrypt(s_nonce, token.AsSpan(SealedAt, content.Length), token.AsSpan(^TagSize..), content, Bind(context, query));
        }
        catch (AuthenticationTagMismatchException)
        {
            throw SecretsManagerErrors.BadNextToken();
        }
        var age = context.Time.ToUnixTimeMilliseconds() - BinaryPrimitives.ReadInt64BigEndian(content);
        if (age > Limits.PageTokenLifetime.TotalMilliseconds) throw SecretsManagerErrors.BadNextToken();
        return Encoding.UTF8.GetString(content.AsSpan(TimeSize));
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    private static bool TryDecode(string text, out byte[] token)
    {
        token = Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : [];
        if (token.Length < SealedAt + TimeSize + TagSize || token[0] != Version) return false;
        // White space and the unused bits of the last character could be changed without changing a byte.
        return Base64Url.EncodeToString(token) == text;
    }

    private AesGcm CipherOf(ReadOnlySpan<byte> token)
    {
        Span<byte> key = stackalloc byte[KeySize];
        HMACSHA256.HashData(_key, token.Slice(1, SaltSize), key);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    /// <summary>What the token belongs to, each part with its length before it: no two calls give the same bytes.</summary>
    private static byte[] Bind(RequestContext context, string query)
    {
        using var bound = new MemoryStream();
        using var writer = new BinaryWriter(bound, Encoding.UTF8);
        writer.Write(Version);
        writer.Write(context.Account);
        writer.Write(context.Region);
        writer.Write(context.Action);
        writer.Write(query);
        return bound.ToArray();
    }
}
