using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Rekey.Server.Tests.Rotators.Redshift;

/// <summary>
/// Speaks the frontend/backend protocol as far as a Redshift rotation needs it, checks MD5 logins against the hashes that ALTER USER set,
/// writes down every statement, and answers queries from a script: no Redshift can be had to test against.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "The server's own format.")]
internal sealed class StubRedshift : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public StubRedshift()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What a client sent other than queries, in order.</summary>
    public List<string> Statements { get; } = [];

    /// <summary>Every text that came over a connection.</summary>
    public List<string> Received { get; } = [];

    /// <summary>MD5 of password and name in the form the server keeps, by user; null for a disabled password.</summary>
    public Dictionary<string, string?> Users { get; } = [];

    /// <summary>Rows of a query, given its text, its values and the session's user.</summary>
    public Func<string, IReadOnlyList<string>, IReadOnlyList<string[]>> Answer { get; set; } = (_, _) => [];

    /// <summary>The SQLSTATE with which a statement is refused, or null.</summary>
    public Func<string, string?> Refuse { get; set; } = _ => null;

    public static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));

    public void SetPassword(string user, string password) => Users[user] = Md5(password + user);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> sessions = [];
        try
        {
            while (true) sessions.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await new Session(this, client.GetStream(), _stop.Token).RunAsync();
            }
            catch (Exception e) when (e is IOException or EndOfStreamException or OperationCanceledException)
            {
                // The client is gone.
            }
        }
    }

    private sealed class Session(StubRedshift server, NetworkStream stream, CancellationToken stop)
    {
        private const int TlsRequest = 80877103;

        private string _user = "";
        private string _sql = "";
        private IReadOnlyList<string[]>? _rows;
        private bool _isFailed;

        public async Task RunAsync()
        {
            var startup = await ReadStartupAsync();
            _user = startup[startup.IndexOf("user") + 1];
            if (!await LogInAsync()) return;
            while (await ReadAsync() is var (type, body) && type != 'X') await HandleAsync(type, body);
        }

        private async Task<List<string>> ReadStartupAsync()
        {
            while (true)
            {
                var body = await ReadBodyAsync();
                if (BinaryPrimitives.ReadInt32BigEndian(body) != TlsRequest)
                    return [.. Encoding.UTF8.GetString(body, 4, body.Length - 4).Split('\0')];
                await stream.WriteAsync("N"u8.ToArray(), stop);
            }
        }

        private async Task<bool> LogInAsync()
        {
            byte[] salt = [1, 2, 3, 4];
            await SendAsync('R', [0, 0, 0, 5, .. salt]);
            var (_, body) = await ReadAsync();
            var given = Encoding.UTF8.GetString(body).TrimEnd('\0');
            server.Received.Add(given);
            var kept = server.Users.GetValueOrDefault(_user);
            var wanted = kept is null ? null : "md5" + Convert.ToHexStringLower(MD5.HashData([.. Encoding.UTF8.GetBytes(kept), .. salt]));
            if (given != wanted)
            {
                await FailAsync("28000", "FATAL");
                return false;
            }
            await SendAsync('R', [0, 0, 0, 0]);
            foreach (var (name, value) in ((string, string)[])[("server_version", "8.0.2"), ("client_encoding", "UTF8")])
                await SendAsync('S', Encoding.UTF8.GetBytes($"{name}\0{value}\0"));
            await SendAsync('Z', "I"u8.ToArray());
            return true;
        }

        private async Task HandleAsync(char type, byte[] body)
        {
            if (_isFailed && type != 'S') return;
            switch (type)
            {
                case 'P':
                    _sql = Encoding.UTF8.GetString(body).Split('\0')[1];
                    server.Received.Add(_sql);
                    await SendAsync('1', []);
                    break;
                case 'B':
                    await BindAsync(body);
                    break;
                case 'D':
                    if (_rows is null) await SendAsync('n', []);
                    else await SendAsync('T', Columns(_rows.Count == 0 ? 1 : _rows[0].Length));
                    break;
                case 'E':
                    foreach (var row in _rows ?? []) await SendAsync('D', Row(row));
                    await SendAsync('C', "OK\0"u8.ToArray());
                    break;
                case 'S':
                    _isFailed = false;
                    await SendAsync('Z', "I"u8.ToArray());
                    break;
                default: throw new InvalidOperationException($"The stub knows no message {type}.");
            }
        }

        private async Task BindAsync(byte[] body)
        {
            var values = Values(body);
            _rows = null;
            if (_sql.StartsWith("SELECT", StringComparison.Ordinal))
            {
                _rows = _sql.Contains("current_namespace") ? [["3f6a-namespace", _user]] : server.Answer(_sql, values);
            }
            else
            {
                server.Statements.Add(_sql);
                if (server.Refuse(_sql) is { } state)
                {
                    _isFailed = true;
                    await FailAsync(state, "ERROR");
                    return;
                }
                TakeEffect();
            }
            await SendAsync('2', []);
        }

        private void TakeEffect()
        {
            var change = Regex.Match(_sql, "^(?:ALTER|CREATE) USER \"((?:[^\"]|\"\")+)\" PASSWORD (?:'md5([0-9a-f]{32})'|DISABLE)$",
                RegexOptions.NonBacktracking);
            if (!change.Success) return;
            server.Users[change.Groups[1].Value.Replace("\"\"", "\"")] = change.Groups[2].Success ? change.Groups[2].Value : null;
        }

        private static List<string> Values(byte[] body)
        {
            var at = Array.IndexOf(body, (byte)0) + 1;
            at = Array.IndexOf(body, (byte)0, at) + 1;
            at += 2 + (2 * BinaryPrimitives.ReadInt16BigEndian(body.AsSpan(at)));
            var count = BinaryPrimitives.ReadInt16BigEndian(body.AsSpan(at));
            at += 2;
            List<string> values = [];
            for (var i = 0; i < count; i++)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at));
                values.Add(Encoding.UTF8.GetString(body, at + 4, length));
                at += 4 + length;
            }
            return values;
        }

        private static byte[] Columns(int count)
        {
            // Each a text (type 25) of any length, without a table.
            byte[] column = [(byte)'c', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0];
            return [(byte)(count >> 8), (byte)count, .. Enumerable.Repeat(column, count).SelectMany(bytes => bytes)];
        }

        private static byte[] Row(string[] values)
        {
            List<byte> row = [(byte)(values.Length >> 8), (byte)values.Length];
            foreach (var value in values.Select(Encoding.UTF8.GetBytes))
            {
                var length = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
                row.AddRange([.. length, .. value]);
            }
            return [.. row];
        }

        private Task FailAsync(string state, string severity) =>
            SendAsync('E', Encoding.UTF8.GetBytes($"S{severity}\0V{severity}\0C{state}\0Mrefused\0\0"));

        private async Task<(char Type, byte[] Body)> ReadAsync()
        {
            var type = new byte[1];
            await stream.ReadExactlyAsync(type, stop);
            return ((char)type[0], await ReadBodyAsync());
        }

        private async Task<byte[]> ReadBodyAsync()
        {
            var length = new byte[4];
            await stream.ReadExactlyAsync(length, stop);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4];
            await stream.ReadExactlyAsync(body, stop);
            return body;
        }

        private async Task SendAsync(char type, byte[] body)
        {
            var message = new byte[5 + body.Length];
            message[0] = (byte)type;
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + body.Length);
            body.CopyTo(message, 5);
            await stream.WriteAsync(message, stop);
        }
    }
}
