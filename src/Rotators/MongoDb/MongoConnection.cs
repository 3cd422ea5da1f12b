using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// One connection to one server, speaking OP_MSG, which every MongoDB since 3.6 and Amazon DocumentDB understand. Nothing is sent that
/// needs TLS before TLS is there, and a connection that failed is not used again.
/// </summary>
internal sealed class MongoConnection : IAsyncDisposable
{
    /// <summary>Length, request id, answered id, code; then flags and the kind of the first section.</summary>
    private const int HeaderBytes = 16;
    private const int PreambleBytes = HeaderBytes + 5;

    private const int MessageCode = 2013;

    /// <summary>Most bytes of an answer. Source: MongoDB's maxMessageSizeBytes.</summary>
    private const int AnswerBytesMax = 48_000_000;

    /// <summary>What a server is given beyond its own limit, so that it can say what it waited for.</summary>
    private static readonly TimeSpan AnswerMargin = TimeSpan.FromSeconds(2);

    private readonly TcpClient _client;
    private readonly Stream _stream;
    private readonly RotatorOptions _options;
    private int _requests;

    private MongoConnection(TcpClient client, Stream stream, MongoAddress address, RotatorOptions options)
    {
        _client = client;
        _stream = stream;
        _options = options;
        Address = address;
    }

    public MongoAddress Address { get; }

    /// <summary>What the TLS of this connection is, for people; null without TLS.</summary>
    public string? Tls { get; private init; }

    /// <summary>What the server last said of itself; null before it was asked.</summary>
    public MongoHello? Hello { get; private set; }

    /// <summary>Connects as the credentials' TLS says. Only there, and only to a server that shows no certificate, without TLS.</summary>
    public static async Task<MongoConnection> OpenAsync(
        MongoAddress address, TlsMode tls, RotatorOptions options, CancellationToken cancellationToken)
    {
        if (tls == TlsMode.Plaintext) return await ConnectAsync(address, certificate: null, options, cancellationToken);
        var certificate = new ServerCertificate(address.Host, options);
        try
        {
            return await ConnectAsync(address, certificate, options, cancellationToken);
        }
        catch (RotatorException e) when (
            e.Cause == FailureCause.Tls && tls == TlsMode.VerifiedOrPlaintext && !certificate.IsShown)
        {
            return await ConnectAsync(address, certificate: null, options, cancellationToken);
        }
    }

    /// <summary>A command for <see cref="RunAsync"/>, which takes it over.</summary>
    public static BsonWriter Command() => new(PreambleBytes);

    /// <summary>
    /// Runs one command and returns its answer. Throws <see cref="RotatorException"/>, classified, when the server says no, and when what
    /// it was asked to wait for (a majority) did not come about.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, and with it the use of this connection; the command may have run or not.</param>
    public async Task<BsonDocument> RunAsync(string database, BsonWriter command, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.CommandTimeout + AnswerMargin);
        BsonDocument answer;
        try
        {
            using (command)
            {
                await _stream.WriteAsync(Seal(command.Text("$db", database).Finish()), deadline.Token);
                await _stream.FlushAsync(deadline.Token);
            }
            answer = await ReadAsync(deadline.Token);
            if (answer.FindBoolean("ok") && answer.Find("writeConcernError") is null) return answer;
        }
        catch (Exception e) when (e is not RotatorException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw MongoErrors.FromSocket(e, Address);
        }
        throw MongoErrors.FromAnswer(answer, Address);
    }

    /// <summary>Asks who answers; needs no login.</summary>
    /// <param name="user">Whose mechanisms are asked for: database, dot, name.</param>
    public async Task<MongoHello> GreetAsync(string? user, CancellationToken cancellationToken)
    {
        BsonWriter Greeting(string name)
        {
            var greeting = Command().Int32(name, 1);
            if (user is not null) greeting.Text("saslSupportedMechs", user);
            return _requests > 0 ? greeting : greeting.Document("client", ClientDescription);
        }

        try
        {
            return Hello = MongoHello.Read(await RunAsync("admin", Greeting("hello"), cancellationToken));
        }
        catch (RotatorException e) when (e.NativeCode == MongoErrors.CommandNotFound)
        {
            return Hello = MongoHello.Read(await RunAsync("admin", Greeting("isMaster"), cancellationToken));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    private static async Task<MongoConnection> ConnectAsync(
        MongoAddress address, ServerCertificate? certificate, RotatorOptions options, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.ConnectTimeout);
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(address.Host, address.Port, deadline.Token);
            if (certificate is null) return new MongoConnection(client, client.GetStream(), address, options);
            var tls = new SslStream(client.GetStream());
            await ShakeHandsAsync(tls, certificate, address, deadline.Token);
            var shown = $"{tls.SslProtocol}, {certificate.Subject}, until {certificate.Expires:yyyy-MM-dd}";
            return new MongoConnection(client, tls, address, options) { Tls = shown };
        }
        catch (Exception e)
        {
            client.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw e as RotatorException ?? MongoErrors.FromSocket(e, address);
        }
    }

    private static async Task ShakeHandsAsync(
        SslStream tls, ServerCertificate certificate, MongoAddress address, CancellationToken cancellationToken)
    {
        try
        {
            await tls.AuthenticateAsClientAsync(certificate.Wanted, cancellationToken);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            throw new RotatorException(FailureCause.Tls, certificate.IsShown
                ? $"The certificate of {address} was refused: {certificate.Fault ?? "the handshake failed"}."
                : $"The server at {address} does not speak TLS, which the secret asks for.");
        }
    }

    private static void ClientDescription(BsonWriter client) => client
        .Document("application", application => application.Text("name", "rekey"))
        .Document("driver", driver => driver.Text("name", "rekey").Text("version", "1"))
        .Document("os", os => os.Text("type", "Linux"));

    private Memory<byte> Seal(Memory<byte> message)
    {
        var header = message.Span;
        BinaryPrimitives.WriteInt32LittleEndian(header, message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], ++_requests);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], MessageCode);
        // No flags; one section, which is the command.
        header[HeaderBytes..PreambleBytes].Clear();
        return message;
    }

    private async Task<BsonDocument> ReadAsync(CancellationToken cancellationToken)
    {
        var preamble = new byte[PreambleBytes];
        await _stream.ReadExactlyAsync(preamble, cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(preamble);
        var answered = BinaryPrimitives.ReadInt32LittleEndian(preamble.AsSpan(8));
        var code = BinaryPrimitives.ReadInt32LittleEndian(preamble.AsSpan(12));
        if (code != MessageCode || answered != _requests || length is <= PreambleBytes or > AnswerBytesMax || preamble[^1] != 0)
            throw new InvalidDataException("What answers does not speak OP_MSG.");
        var body = new byte[length - PreambleBytes];
        await _stream.ReadExactlyAsync(body, cancellationToken);
        return BsonDocument.FirstOf(body);
    }
}
