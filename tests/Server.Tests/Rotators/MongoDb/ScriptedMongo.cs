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
/// and whatever else it does not know. It may say of itself that it is a member of a replica set.
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

    /// <summary>What it says of itself, asked at every greeting; null for a server of no set.</summary>
    public Func<ScriptedMember>? Member { get; set; }

    /// <summary>How often somebody began to log in.</summary>
    public int Logins { get; set; }

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

/// <param name="Term">Of the primary that made the last change it has.</param>
/// <param name="Time">Of the last change it has.</param>
internal sealed record ScriptedMember(
    string Name, string? Primary, long Term = 1, ulong Time = 1, string? SetName = "rs", bool IsWritable = false, bool IsSecondary = true)
{
    public void Describe(BsonWriter answer)
    {
        answer.Boolean("ismaster", IsWritable).Boolean("secondary", IsSecondary);
        if (SetName is null) return;
        answer.Text("setName", SetName).Text("me", Name).Document("lastWrite", write => write.Document("opTime", LastWrite()));
        if (Primary is not null) answer.Text("primary", Primary);
    }

    private BsonDocument LastWrite()
    {
        var bytes = new byte[28];
        bytes[0] = 28;
        (bytes[4], bytes[16]) = ((byte)BsonType.Timestamp, (byte)BsonType.Int64);
        "ts"u8.CopyTo(bytes.AsSpan(5));
        "t"u8.CopyTo(bytes.AsSpan(17));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Time);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(19), Term);
        return new BsonDocument(bytes);
    }
}

/// <param name="Digest">What the older mechanism salts.</param>
internal sealed record ScriptedMongoUser(byte[] Digest, IReadOnlyList<string> Roles)
{
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "The mechanism's own definition.")]
    public static ScriptedMongoUser Of(string name, string password, params IReadOnlyList<string> roles) => new(
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes($"{name}:mongo:{password}")))), roles);
}
