using System.Net;
using System.Net.Sockets;
using Rekey.Aws;

namespace Rekey.Rotators.Redis;

/// <summary>One logged-in connection to one server. Every failure is a <see cref="RotatorException"/> whose text holds no secret.</summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private readonly RotatorOptions _options;
    private readonly Stream _stream;
    private readonly RespReader _reader;
    private bool _isBroken;

    private RedisConnection(RedisEndpoint endpoint, IPEndPoint remote, Stream stream, bool isEncrypted, RotatorOptions options)
    {
        Endpoint = endpoint;
        Remote = remote;
        IsEncrypted = isEncrypted;
        _options = options;
        _stream = stream;
        _reader = new RespReader(stream);
    }

    /// <summary>The server as it was named to us.</summary>
    public RedisEndpoint Endpoint { get; }

    /// <summary>The address that answered.</summary>
    public IPEndPoint Remote { get; }

    /// <summary>True when the certificate was verified; there is no other encryption here.</summary>
    public bool IsEncrypted { get; }

    /// <summary>Connects and logs in. <see cref="FailureCause.Auth"/> only when the server refused the password.</summary>
    public static async Task<RedisConnection> OpenAsync(
        RedisEndpoint endpoint, DatabaseCredentials credentials, Sensitive password, RotatorOptions options,
        CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.ConnectTimeout);
        RedisConnection? connection = null;
        try
        {
            connection = await ConnectAsync(endpoint, credentials, options, deadline.Token);
            // One failed login tries one password: the form with a user name, which is never the default user by accident.
            using var command = new RespCommand("AUTH", credentials.Username).Add(password);
            var reply = await connection.ExchangeAsync(command, deadline.Token);
            if (reply.IsOk) return connection;
            throw reply.IsError
                ? RedisErrors.FromLogin(reply, endpoint.ToString())
                : new RotatorException(FailureCause.Other, $"{endpoint} does not keep to the protocol of Redis.");
        }
        catch (Exception e)
        {
            if (connection is not null) await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw RedisErrors.FromSocket(e, endpoint.ToString());
        }
    }

    /// <summary>Runs a command and returns what the server answered, an error too.</summary>
    public async Task<RespReply> AskAsync(RespCommand command, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.CommandTimeout);
        try
        {
            return await ExchangeAsync(command, deadline.Token);
        }
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RedisErrors.FromSocket(e, Endpoint.ToString());
        }
    }

    /// <inheritdoc cref="AskAsync(RespCommand, CancellationToken)"/>
    public async Task<RespReply> AskAsync(string[] words, CancellationToken cancellationToken)
    {
        using var command = new RespCommand(words);
        return await AskAsync(command, cancellationToken);
    }

    /// <summary>Runs a command that must succeed.</summary>
    /// <param name="name">The command as a text for people, without arguments.</param>
    public async Task<RespReply> DemandAsync(RespCommand command, string name, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(command, cancellationToken);
        return reply.IsError ? throw RedisErrors.FromReply(reply, Endpoint.ToString(), name) : reply;
    }

    /// <summary>Without a farewell: a server that no longer answers must not be waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _stream.DisposeAsync();
    }

    private static async Task<RedisConnection> ConnectAsync(
        RedisEndpoint endpoint, DatabaseCredentials credentials, RotatorOptions options, CancellationToken cancellationToken)
    {
        var encrypts = credentials.Tls != TlsMode.Plaintext;
        if (credentials.Tls == TlsMode.VerifiedOrPlaintext)
        {
            using var probe = await ConnectAsync(endpoint, cancellationToken);
            encrypts = !await RedisTls.SpeaksPlaintextAsync(probe, cancellationToken);
        }
        var socket = await ConnectAsync(endpoint, cancellationToken);
        var remote = (IPEndPoint)socket.RemoteEndPoint!;
        var plain = new NetworkStream(socket, ownsSocket: true);
        Stream stream = encrypts
            ? await RedisTls.EncryptAsync(plain, endpoint, credentials.Host, options.CaFile, cancellationToken)
            : plain;
        return new RedisConnection(endpoint, remote, stream, encrypts, options);
    }

    private static async Task<Socket> ConnectAsync(RedisEndpoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (endpoint.Address is { } address) await socket.ConnectAsync(address, endpoint.Port, cancellationToken);
            else await socket.ConnectAsync(HostName.Demand(endpoint.Host), endpoint.Port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<RespReply> ExchangeAsync(RespCommand command, CancellationToken cancellationToken)
    {
        // After a failure the next bytes may belong to the reply before.
        if (_isBroken) throw new IOException("The connection is out of step.");
        _isBroken = true;
        await command.SendAsync(_stream, cancellationToken);
        var reply = await _reader.ReadAsync(cancellationToken);
        _isBroken = false;
        return reply;
    }
}
