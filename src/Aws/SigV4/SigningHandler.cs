namespace Rekey.Aws.SigV4;

/// <summary>
/// Signs every request of an <see cref="HttpClient"/>, in the Authorization header. The body is buffered: its hash is signed.
/// </summary>
public sealed class SigningHandler(Signer signer, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        signer.Sign(request, body);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
