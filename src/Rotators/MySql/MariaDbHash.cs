using System.Numerics;
using System.Security.Cryptography;
using Rekey.Aws;

namespace Rekey.Rotators.MySql;

/// <summary>
/// What MariaDB stores of a password, computed here. Nothing more secret than that may be learnt from a hash: it is what the server keeps
/// and prints itself.
/// </summary>
internal static class MariaDbHash
{
    /// <summary>The hash for the plugin, or null when it has none that a client can compute.</summary>
    public static string? For(string plugin, Sensitive password) => plugin switch
    {
        "mysql_native_password" => Native(password),
        "ed25519" => Ed25519(password),
        _ => null,
    };

    /// <summary>SHA-1 twice, in hexadecimal after an asterisk. The algorithm is the server's, not a choice.</summary>
    private static string Native(Sensitive password)
    {
        Span<byte> once = stackalloc byte[SHA1.HashSizeInBytes];
        Span<byte> twice = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // The server stores SHA-1 for this plugin.
        SHA1.HashData(password.Reveal(), once);
        SHA1.HashData(once, twice);
#pragma warning restore CA5350
        CryptographicOperations.ZeroMemory(once);
        return $"*{Convert.ToHexString(twice)}";
    }

    /// <summary>The Ed25519 public key whose seed is the password itself, of any length; Base64 without padding.</summary>
    private static string Ed25519(Sensitive password)
    {
        Span<byte> expanded = stackalloc byte[SHA512.HashSizeInBytes];
        SHA512.HashData(password.Reveal(), expanded);
        var scalar = expanded[..32];
        scalar[0] &= 248;
        scalar[31] = (byte)((scalar[31] & 127) | 64);
        var key = Edwards25519.MultiplyBase(new BigInteger(scalar, isUnsigned: true));
        CryptographicOperations.ZeroMemory(expanded);
        return Convert.ToBase64String(key).TrimEnd('=');
    }
}
