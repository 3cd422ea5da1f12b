using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.Postgres;

/// <summary>
/// What PostgreSQL keeps in place of a password, computed here so that the password itself reaches neither the wire nor a server log.
/// Both forms consist of characters that need no escape inside a quoted literal.
/// </summary>
internal static class StoredPassword
{
    private const int SaltBytes = 16;
    private const int KeyBytes = 32;

    /// <summary>SCRAM-SHA-256 (RFC 5802, RFC 7677) as the server writes it: method, iterations, salt, stored key, server key.</summary>
    public static string Scram(Sensitive password, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        Span<byte> salted = stackalloc byte[KeyBytes];
        Span<byte> clientKey = stackalloc byte[KeyBytes];
        Span<byte> storedKey = stackalloc byte[KeyBytes];
        Span<byte> serverKey = stackalloc byte[KeyBytes];
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(PlainPassword.ForScram(password), salt, salted, iterations, HashAlgorithmName.SHA256);
            HMACSHA256.HashData(salted, "Client Key"u8, clientKey);
            SHA256.HashData(clientKey, storedKey);
            HMACSHA256.HashData(salted, "Server Key"u8, serverKey);
            var keys = $"{Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
            return string.Create(CultureInfo.InvariantCulture, $"SCRAM-SHA-256${iterations}:{Convert.ToBase64String(salt)}${keys}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salted);
            CryptographicOperations.ZeroMemory(clientKey);
        }
    }

    /// <summary>The form before version 10: "md5" and the MD5 of password and user name. Only for servers that are set to it.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "The server's own format.")]
    public static string Md5(Sensitive password, string username)
    {
        byte[] input = [.. PlainPassword.Demand(password), .. Encoding.UTF8.GetBytes(username)];
        try
        {
            return "md5" + Convert.ToHexStringLower(MD5.HashData(input));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(input);
        }
    }
}
