using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Rekey.Aws;
using Rekey.Rotators.Slots;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.CredentialServices;

/// <summary>
/// One principal's credentials at a service that speaks the protocol of docs/rotation.md: HTTP with JSON, Basic authentication with the
/// superuser secret's username and password, and for a test with the credential's id and value.
/// </summary>
internal sealed class CredentialServiceIssuer : ICredentialIssuer
{
    private const int AnswerBytesMax = 256 * 1024;

    /// <summary>Of a service that was not asked yet.</summary>
    private const int SlotsMaxUntilListed = 2;

    private readonly DatabaseCredentials _current;
    private readonly DatabaseCredentials _superuser;
    private readonly RotatorOptions _options;
    private readonly string _collection;

    private CredentialServiceIssuer(DatabaseCredentials current, DatabaseCredentials superuser, RotatorOptions options)
    {
        (_current, _superuser, _options) = (current, superuser, options);
        _collection = $"v1/principals/{Uri.EscapeDataString(current.Username)}/credentials";
    }

    /// <summary>As last listed.</summary>
    public int SlotsMax { get; private set; } = SlotsMaxUntilListed;

    /// <summary>
    /// <see cref="FailureCause.Precondition"/> without a superuser, and when it is another service's: who may write the secret's value must
    /// not choose where the superuser's password, or a new credential, is sent.
    /// </summary>
    public static CredentialServiceIssuer Of(RotationSubject subject, RotatorOptions options)
    {
        var current = subject.Current;
        var superuser = subject.Superuser ?? throw Failures.Precondition("The secret has no masterarn: who may have credentials made?");
        if (!VersionRules.IsSameHost(current.Host, superuser.Host) || current.Port != superuser.Port)
        {
            throw Failures.Precondition(
                $"The secret names {current.Host}:{current.Port}, but its superuser secret {superuser.Host}:{superuser.Port}");
        }
        // Dots alone would be taken for a way up in the address, a colon for the end of the name.
        if (current.Username is "." or ".." || superuser.Username.Contains(':'))
            throw Failures.Precondition("A username of the secret or its superuser secret is none that can be used over HTTP");
        return new CredentialServiceIssuer(current, superuser, options);
    }

    public async Task<IReadOnlyList<ListedCredential>> ListAsync(CancellationToken cancellationToken) =>
        (await ReadListAsync(cancellationToken)).Credentials;

    public async Task<IssuedCredential> CreateAsync(string label, CancellationToken cancellationToken)
    {
        const string Call = "create a credential";
        IssuedCredential? issued = null;
        var json = Encoding.UTF8.GetBytes($$"""{"label":"{{JsonEncodedText.Encode(label)}}"}""");
        var status = await SendAsync(
            Call, HttpMethod.Post, _collection, Administrator, json, answer => issued = CredentialServiceAnswer.ReadIssued(answer.Span),
            cancellationToken);
        return issued ?? throw CredentialServiceErrors.Of(Call, status);
    }

    public async Task<bool> TestAsync(IssuedCredential credential, CancellationToken cancellationToken)
    {
        const string Call = "let a credential in";
        var status = await SendAsync(
            Call, HttpMethod.Get, "v1/self", () => Basic(credential.Id, credential.Value), null, _ => { }, cancellationToken);
        if (status == HttpStatusCode.Unauthorized) return false;
        return IsSuccess(status) ? true : throw CredentialServiceErrors.Of(Call, status);
    }

    public Task EnableAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync("enable a credential", HttpMethod.Patch, id, """{"active":true}"""u8.ToArray(), cancellationToken);

    public Task DisableAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync("disable a credential", HttpMethod.Patch, id, """{"active":false}"""u8.ToArray(), cancellationToken);

    public Task DeleteAsync(string id, CancellationToken cancellationToken) =>
        ChangeAsync("delete a credential", HttpMethod.Delete, id, null, cancellationToken);

    public async Task<DateTimeOffset?> FindLastUseAsync(string id, CancellationToken cancellationToken) =>
        (await ReadListAsync(cancellationToken)).LastUses.TryGetValue(id, out var used) ? used : null;

    private async Task<CredentialList> ReadListAsync(CancellationToken cancellationToken)
    {
        const string Call = "list the credentials";
        CredentialList? list = null;
        var status = await SendAsync(
            Call, HttpMethod.Get, _collection, Administrator, null, answer => list = CredentialServiceAnswer.ReadList(answer),
            cancellationToken);
        if (list is null) throw CredentialServiceErrors.Of(Call, status);
        SlotsMax = list.SlotsMax;
        return list;
    }

    /// <summary>One that is gone is no failure.</summary>
    private async Task ChangeAsync(string call, HttpMethod method, string id, byte[]? json, CancellationToken cancellationToken)
    {
        var path = $"{_collection}/{Uri.EscapeDataString(id)}";
        var status = await SendAsync(call, method, path, Administrator, json, _ => { }, cancellationToken);
        if (!IsSuccess(status) && status != HttpStatusCode.NotFound) throw CredentialServiceErrors.Of(call, status);
    }

    /// <param name="read">Given the body of an answer that says success; it is zeroed afterwards.</param>
    private async Task<HttpStatusCode> SendAsync(
        string call, HttpMethod method, string path, Func<AuthenticationHeaderValue> authorization, byte[]? json,
        Action<ReadOnlyMemory<byte>> read, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.CommandTimeout);
        try
        {
            // A client a call: rotations are rare, and what a connection was opened with is not kept.
            using var client = new HttpClient(Handler());
            using var request = new HttpRequestMessage(method, AddressOf(path));
            request.Headers.Authorization = authorization();
            if (json is not null)
            {
                request.Content = new ByteArrayContent(json);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            }
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (IsSuccess(answer.StatusCode)) await ReadAsync(answer, read, deadline.Token);
            return answer.StatusCode;
        }
        catch (FormatException)
        {
            throw CredentialServiceErrors.Unreadable(call);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw CredentialServiceErrors.Of(call, e);
        }
    }

    /// <summary>TLS unless both secrets say <c>ssl: false</c>.</summary>
    private Uri AddressOf(string path)
    {
        var isPlain = _current.Tls == TlsMode.Plaintext && _superuser.Tls == TlsMode.Plaintext;
        var root = new UriBuilder(isPlain ? Uri.UriSchemeHttp : Uri.UriSchemeHttps, _superuser.Host, _superuser.Port).Uri;
        return new Uri(root, path);
    }

    private SocketsHttpHandler Handler()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = _options.ConnectTimeout,
        };
        if (_options.CaFile is not { } caFile) return handler;
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(CertificateAuthorities.Load(caFile));
        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        return handler;
    }

    private AuthenticationHeaderValue Administrator() => Basic(_superuser.Username, _superuser.Password);

    /// <summary>The header is a string, which cannot be zeroed; it lives as long as the request.</summary>
    private static AuthenticationHeaderValue Basic(string name, Sensitive value)
    {
        using var prefix = Sensitive.FromText($"{name}:");
        using var both = new Sensitive([.. prefix.Reveal(), .. value.Reveal()]);
        return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(both.Reveal()));
    }

    private static async Task ReadAsync(HttpResponseMessage answer, Action<ReadOnlyMemory<byte>> read, CancellationToken cancellationToken)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(AnswerBytesMax);
        try
        {
            var length = await stream.ReadAtLeastAsync(buffer.AsMemory(0, AnswerBytesMax), AnswerBytesMax, false, cancellationToken);
            if (length == AnswerBytesMax) throw new FormatException();
            read(buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static bool IsSuccess(HttpStatusCode status) => (int)status is >= 200 and < 300;
}
