using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Rekey.Rotators;

/// <summary>How a server's certificate is verified by .NET's TLS: chain and name; and what was seen of it in one handshake.</summary>
internal sealed class ServerCertificate
{
    private readonly string _host;

    public ServerCertificate(string host, RotatorOptions options)
    {
        _host = host;
        Wanted = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accept(certificate, chain, errors),
        };
        if (options.CaFile is not { } path) return;
        Wanted.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        Wanted.CertificateChainPolicy.CustomTrustStore.AddRange(CertificateAuthorities.Load(path));
    }

    /// <summary>For the handshake.</summary>
    public SslClientAuthenticationOptions Wanted { get; }

    /// <summary>False while the server has not come so far as to show one.</summary>
    public bool IsShown { get; private set; }

    public string? Subject { get; private set; }

    public DateTimeOffset? Expires { get; private set; }

    /// <summary>Why it was refused; null when it was not.</summary>
    public string? Fault { get; private set; }

    private bool Accept(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        IsShown = true;
        Subject = certificate?.Subject;
        Expires = (certificate as X509Certificate2)?.NotAfter.ToUniversalTime();
        Fault = Describe(errors, chain);
        return Fault is null;
    }

    private string? Describe(SslPolicyErrors errors, X509Chain? chain)
    {
        if (errors == SslPolicyErrors.None) return null;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return "the server showed no certificate";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return $"the certificate is for another name than {_host}";
        var status = (chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid)) return "the certificate has expired or is not valid yet";
        if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
            return "the certificate is signed by an authority that is not trusted here";
        return $"the certificate chain is refused ({status})";
    }
}
