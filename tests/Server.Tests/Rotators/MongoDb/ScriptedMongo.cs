using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Rekey.Rotators.MongoDb;

namespace Rekey.Server.Tests.Rotators.MongoDb;

/// <summary>
/// A server of users, passwords and roles in memory that speaks OP_MSG on loopback and behaves as Amazon DocumentDB is documented to: the
/// older mechanism only, which it does not tell; hello by its old name; an error for custom data, restrictions, mechanisms, write concerns
/// and whatever else it does not know.
/// </summary>
internal sealed class ScriptedMongo : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public ScriptedMongo()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Dictionary<string, ScriptedMongoUser> Users { get; } = [];

    /// <summary>What a client that lets itself be deceived would take for a login.</summary>
    public bool ForgesItsProof { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        const int HeaderBytes = 21;
        using (client)
        {
            var conversation = new ScriptedMongoConversation(this);
            var header = new byte[HeaderBytes];
            try
            {
                while (true)
                {
                    await client.GetStream().ReadExactlyAsync(header, _stop.Token);
                    var body = new byte[BinaryPrimitives.ReadInt32LittleEndian(header) - HeaderBytes];
                    await client.GetStream().ReadExactlyAsync(body, _stop.Token);
                    using var answer = new BsonWriter(HeaderBytes);
                    conversation.Answer(new BsonDocument(body), answer);
                    var message = answer.Finish();
                    BinaryPrimitives.WriteInt32LittleEndian(message.Span, message.Length);
                    header.AsSpan(4, 4).CopyTo(message.Span[8..]);
                    header.AsSpan(12, 4).CopyTo(message.Span[12..]);
                    await client.GetStream().WriteAsync(message, _stop.Token);
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // The client left in the middle, or the test ended.
            }
        }
    }
}

/// <param name="Digest">What the older mechanism salts.</param>
internal sealed record ScriptedMongoUser(byte[] Digest, IReadOnlyList<string> Roles)
{
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "The mechanism's own definition.")]
    public static ScriptedMongoUser Of(string name, string password, params IReadOnlyList<string> roles) => new(
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes($"{name}:mongo:{password}")))), roles);
}
