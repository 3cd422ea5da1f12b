using System.Net.Sockets;
using System.Text;

namespace Rekey.Server.Tests.Fakes;

/// <summary>A plain TCP connection, for requests that no HTTP client would send.</summary>
public sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new();

    public static async Task<RawConnection> OpenAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(endpoint.Host, endpoint.Port, cancellationToken);
        return connection;
    }

    /// <summary>Sends text byte for byte (Latin-1).</summary>
    public ValueTask SendAsync(string text, CancellationToken cancellationToken) =>
        _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken);

    /// <summary>What has arrived when the server begins to speak: all of it, if it was said in one write.</summary>
    public async Task<string> ReadOnceAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[256 * 1024];
        return Encoding.Latin1.GetString(buffer, 0, await _client.GetStream().ReadAsync(buffer, cancellationToken));
    }

    /// <summary>Everything the server says until it closes the connection or says nothing more for a second.</summary>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                silence.CancelAfter(TimeSpan.FromSeconds(1));
                var length = await _client.GetStream().ReadAsync(buffer, silence.Token);
                if (length == 0) return text.ToString();
                text.Append(Encoding.Latin1.GetString(buffer, 0, length));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException && !cancellationToken.IsCancellationRequested)
        {
            return text.ToString();
        }
    }

    public void Dispose() => _client.Dispose();
}
