using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Rekey.Conformance.Engines;

/// <summary>Ports for servers of a test. Below 32768, where the kernel does not take ports for outgoing connections.</summary>
internal static class FreePort
{
    private const int Lowest = 18_000;
    private const int AboveHighest = 32_000;

    public static int Next()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(Lowest, AboveHighest);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }
}
