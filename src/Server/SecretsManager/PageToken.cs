using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// A NextToken: where the last page ended, bound to the query so that it cannot be used with another. It grants nothing, since a forged
/// position only moves within what the caller may list anyway; so it is not authenticated.
/// </summary>
internal static class PageToken
{
    private const int QueryHashLength = 16;

    public static string Write(string query, string position) =>
        Base64Url.EncodeToString([.. HashOf(query), .. Encoding.UTF8.GetBytes(position)]);

    /// <summary>The position; throws InvalidNextTokenException for a token of another query or none of ours.</summary>
    public static string Read(string token, string query)
    {
        if (!Base64Url.IsValid(token)) throw SecretsManagerErrors.BadNextToken();
        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length <= QueryHashLength || !bytes.AsSpan(0, QueryHashLength).SequenceEqual(HashOf(query)))
            throw SecretsManagerErrors.BadNextToken();
        return Encoding.UTF8.GetString(bytes.AsSpan(QueryHashLength));
    }

    private static ReadOnlySpan<byte> HashOf(string query) => SHA256.HashData(Encoding.UTF8.GetBytes(query)).AsSpan(0, QueryHashLength);
}
