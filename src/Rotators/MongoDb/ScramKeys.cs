using System.Security.Cryptography;

namespace Rekey.Rotators.MongoDb;

/// <summary>What both sides of SCRAM derive from the password (RFC 5802, section 3). Not a record: it must not print its members.</summary>
internal sealed class ScramKeys
{
    private readonly HashAlgorithmName _hash;
    private readonly byte[] _clientKey;
    private readonly byte[] _serverKey;

    private ScramKeys(HashAlgorithmName hash, byte[] clientKey, byte[] serverKey)
    {
        _hash = hash;
        _clientKey = clientKey;
        _serverKey = serverKey;
    }

    public static ScramKeys Derive(HashAlgorithmName hash, ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations)
    {
        var keyBytes = CryptographicOperations.HashData(hash, []).Length;
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, hash, keyBytes);
        try
        {
            return new ScramKeys(
                hash,
                CryptographicOperations.HmacData(hash, salted, "Client Key"u8),
                CryptographicOperations.HmacData(hash, salted, "Server Key"u8));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salted);
        }
    }

    /// <summary>What convinces the server.</summary>
    public byte[] ProofOf(byte[] message)
    {
        var storedKey = CryptographicOperations.HashData(_hash, _clientKey);
        var proof = CryptographicOperations.HmacData(_hash, storedKey, message);
        for (var i = 0; i < proof.Length; i++) proof[i] ^= _clientKey[i];
        return proof;
    }

    /// <summary>What the server must answer, in Base64.</summary>
    public string SignatureOf(byte[] message) => Convert.ToBase64String(CryptographicOperations.HmacData(_hash, _serverKey, message));

    public void Clear()
    {
        CryptographicOperations.ZeroMemory(_clientKey);
        CryptographicOperations.ZeroMemory(_serverKey);
    }
}
