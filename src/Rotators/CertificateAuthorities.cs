using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rekey.Rotators;

/// <summary>The certificate authorities an operator trusts for database servers.</summary>
internal static class CertificateAuthorities
{
    public static X509Certificate2Collection Load(string path)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Refused($"The file of certificate authorities {path} cannot be read: {e.Message}");
        }
        if (authorities.Count > 0) return authorities;
        throw Refused($"The file of certificate authorities {path} holds no certificate in PEM form.");
    }

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
