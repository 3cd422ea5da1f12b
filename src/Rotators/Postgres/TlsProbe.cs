using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Rekey.Rotators.Postgres;

/// <summary>What a server answers when asked for TLS, without a login.</summary>
/// <param name="IsSpoken">False when the server declined.</param>
/// <param name="Fault">Why its certificate is refused; null when it is accepted.</param>
internal sealed record TlsAnswer(bool IsSpoken, string? Protocol, string? Subject, DateTimeOffset? Expires, string? Fault);

/// <summary>Asks for TLS as a client does, and looks at the certificate closer than the driver tells.</summary>
internal static class TlsProbe
{
    /// <summary>SSLRequest of the frontend/backend protocol: length 8, then the code 1234.5679.</summary>
    private const int RequestLength = 8;
    private const int RequestCode = 80877103;

    /// <summary>Whether to log in over TLS. Asks the server only where plaintext is a way out.</summary>
    public static async Task<bool> IsWantedAsync(
        DatabaseCredentials credentials, RotatorOptions options, CancellationToken cancellationToken)
    {
        if (credentials.Tls != TlsMode.VerifiedOrPlaintext) return credentials.Tls == TlsMode.Verified;
        return (await AskAsync(credentials, options, cancellationToken)).IsSpoken;
    }

    /// <summary>The same failure with the reason that the driver keeps to itself, if it can be learnt.</summary>
    public static async Task<RotatorException> ExplainAsync(
        RotatorException failure, DatabaseCredentials credentials, RotatorOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await AskAsync(credentials, options, cancellationToken);
            return answer.Fault is { } fault ? new RotatorException(failure.Cause, $"{failure.Message.TrimEnd('.')}: {fault}.") : failure;
        }
        catch (RotatorException)
        {
            // Nothing more can be learnt: the first failure stands.
            return failure;
        }
    }

    /// <summary>Throws <see cref="RotatorException"/> when the server cannot be reached or breaks off.</summary>
    public static async Task<TlsAnswer> AskAsync(
        DatabaseCredentials credentials, RotatorOptions options, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.ConnectTimeout);
        try
        {
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(HostName.Demand(credentials.Host), credentials.Port, deadline.Token);
            var stream = client.GetStream();
            var request = new byte[RequestLength];
            BinaryPrimitives.WriteInt32BigEndian(request, RequestLength);
            BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(sizeof(int)), RequestCode);
            await stream.WriteAsync(request, deadline.Token);
            var answer = new byte[1];
            await stream.ReadExactlyAsync(answer, deadline.Token);
            if (answer[0] == (byte)'S') return await ShakeHandsAsync(stream, credentials.Host, options, deadline.Token);
            if (answer[0] == (byte)'N') return new TlsAnswer(IsSpoken: false, null, null, null, null);
            throw new RotatorException(
                FailureCause.Other, $"What answers at {credentials.Host}:{credentials.Port} is no PostgreSQL server.");
        }
        catch (Exception e) when (e is not RotatorException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.FromSocket(e, credentials);
        }
    }

    private static async Task<TlsAnswer> ShakeHandsAsync(
        NetworkStream stream, string host, RotatorOptions options, CancellationToken cancellationToken)
    {
        var certificate = new ServerCertificate(host, options);
        await using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsClientAsync(certificate.Wanted, cancellationToken);
            return new TlsAnswer(IsSpoken: true, tls.SslProtocol.ToString(), certificate.Subject, certificate.Expires, Fault: null);
        }
        catch (AuthenticationException e)
        {
            var fault = certificate.Fault ?? $"the handshake failed ({e.Message})";
            return new TlsAnswer(IsSpoken: true, null, certificate.Subject, certificate.Expires, fault);
        }
    }
}
