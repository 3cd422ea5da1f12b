using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Rekey.Rotators;

/// <summary>The first two hops of every diagnosis: the name, and a TCP connection that is closed again at once.</summary>
internal static class Reachability
{
    public static async Task<HopResult> ResolveAsync(string host, RotatorOptions options, CancellationToken cancellationToken)
    {
        const string Hop = "resolve";
        const string Remedy = "Correct the host in the secret, or the name service of the machine Rekey runs on.";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.ConnectTimeout);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(HostName.Demand(host), deadline.Token);
            return new HopResult(Hop, Ok: true, $"{host} is {string.Join(", ", addresses.AsEnumerable())}");
        }
        catch (RotatorException e)
        {
            return new HopResult(Hop, Ok: false, e.Message, Remedy, e.Cause);
        }
        catch (SocketException e)
        {
            return new HopResult(Hop, Ok: false, $"{host} does not resolve: {e.Message}", Remedy, FailureCause.Network);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HopResult(Hop, Ok: false, $"the name service did not answer for {host} in time", Remedy, FailureCause.Timeout);
        }
    }

    public static async Task<HopResult> ConnectAsync(string host, int port, RotatorOptions options, CancellationToken cancellationToken)
    {
        const string Hop = "connect";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.ConnectTimeout);
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, deadline.Token);
            var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            var address = ((IPEndPoint)client.Client.RemoteEndPoint!).Address;
            if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
            return new HopResult(Hop, Ok: true, $"{address} answers on port {port} in {took:0.0} ms");
        }
        catch (SocketException e)
        {
            return new HopResult(Hop, Ok: false, $"no connection to {host}:{port}: {e.Message}",
                "Check that the server runs, listens on that address and port, and that no firewall rejects Rekey.", FailureCause.Network);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HopResult(Hop, Ok: false, $"{host}:{port} did not answer within {options.ConnectTimeout.TotalSeconds:0.#} s",
                "A firewall or security group drops the packets, or the route is missing. Let Rekey's machine reach that port.",
                FailureCause.Timeout);
        }
    }
}
