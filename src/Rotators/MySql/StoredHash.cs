using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.MySql;

/// <summary>Whether a password is the one that the server keeps a hash of.</summary>
internal static class StoredHash
{
    /// <summary>What caching_sha2_password counts its rounds in.</summary>
    private const int RoundsUnit = 1000;

    private const int SaltLength = 20;
    private const int Sha256PasswordRounds = 5000;

    /// <summary>Null when it cannot be told.</summary>
    public static bool? Matches(Authentication authentication, Sensitive password)
    {
        var stored = authentication.Stored;
        return authentication.Plugin switch
        {
            "caching_sha2_password" => CachingSha2(stored, password),
            "sha256_password" => Sha256(stored, password),
            _ when MariaDbHash.For(authentication.Plugin, password) is { } hash => Same(hash, stored),
            _ => null,
        };
    }

    /// <summary>$A$, the thousands of rounds in hexadecimal, $, 20 bytes of salt, the digest.</summary>
    private static bool? CachingSha2(string stored, Sensitive password)
    {
        const int RoundsAt = 3;
        const int SaltAt = 7;
        if (!stored.StartsWith("$A$", StringComparison.Ordinal) || stored.Length <= SaltAt + SaltLength || stored[SaltAt - 1] != '$'
            || !int.TryParse(stored.AsSpan(RoundsAt, 3), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var thousands))
        {
            return null;
        }
        var salt = Encoding.Latin1.GetBytes(stored.Substring(SaltAt, SaltLength));
        return Same(Sha256Crypt.Digest(password.Reveal(), salt, thousands * RoundsUnit), stored[(SaltAt + SaltLength)..]);
    }

    /// <summary>$5$, the salt, $, the digest.</summary>
    private static bool? Sha256(string stored, Sensitive password)
    {
        var end = stored.LastIndexOf('$');
        if (!stored.StartsWith("$5$", StringComparison.Ordinal) || end < 3) return null;
        var salt = Encoding.Latin1.GetBytes(stored[3..end]);
        return Same(Sha256Crypt.Digest(password.Reveal(), salt, Sha256PasswordRounds), stored[(end + 1)..]);
    }

    private static bool Same(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.Latin1.GetBytes(one), Encoding.Latin1.GetBytes(other));
}
