using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Rekey.Rotators.Redis;

/// <summary>TLS to a server whose certificate must be for its name, or for the one in the secret.</summary>
internal static class RedisTls
{
    /// <summary>The encrypted stream, which owns the given one. <see cref="FailureCause.Tls"/> when the certificate is refused.</summary>
    public static async Task<SslStream> EncryptAsync(
        Stream plain, RedisEndpoint endpoint, string secretHost, string? caFile, CancellationToken cancellationToken)
    {
        string? fault = null;
        var stream = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = endpoint.Host,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                    CertificateChainPolicy = caFile is null ? null : TrustingOnly(CertificateAuthorities.Load(caFile)),
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                        (fault = FaultOf(certificate as X509Certificate2, chain, errors, secretHost)) is null,
                },
                cancellationToken);
            return stream;
        }
        catch (AuthenticationException) when (fault is not null)
        {
            await stream.DisposeAsync();
            throw new RotatorException(FailureCause.Tls, $"The certificate of {endpoint} was refused: {fault}.");
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Whether the server answers a ping that is not encrypted, which gives nothing away. A server of TLS closes or sends an alert.
    /// </summary>
    public static async Task<bool> SpeaksPlaintextAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        try
        {
            await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellationToken);
            var first = new byte[1];
            return await stream.ReadAsync(first, cancellationToken) == 1 && first[0] is (byte)'+' or (byte)'-';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static X509ChainPolicy TrustingOnly(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private static string? FaultOf(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors, string secretHost)
    {
        if (certificate is null) return "the server showed none";
        // The nodes of a set often share one certificate, which is for the name that clients know.
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) && certificate.MatchesHostname(secretHost))
            errors &= ~SslPolicyErrors.RemoteCertificateNameMismatch;
        if (errors == SslPolicyErrors.None) return null;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return "it is for another name";
        var statuses = chain?.ChainStatus.Select(status => status.Status).ToList() ?? [];
        return statuses.Contains(X509ChainStatusFlags.NotTimeValid) ? "it has expired or is not valid yet"
            : "no trusted authority has signed it";
    }
}
