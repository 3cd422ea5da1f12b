using System.Diagnostics;
using System.Net;

namespace Rekey.Benchmarks.Load;

/// <summary>Looks at the body of the answer to a request, by the request's position; throws when it is not the right answer.</summary>
internal delegate void AnswerCheck(int request, ReadOnlySpan<byte> body);

/// <summary>
/// Sends requests made beforehand over keep-alive connections, one in flight on each, from one thread, and looks at every answer.
/// </summary>
internal sealed class LoadGenerator(IPEndPoint server, int connections)
{
    private const int SilenceMilliseconds = 10_000;

    /// <summary>Sends each request once.</summary>
    public LatencyHistogram RunOnce(IReadOnlyList<byte[]> requests, AnswerCheck check) =>
        Run(requests, requests.Count, TimeSpan.MaxValue, check);

    /// <summary>Sends the requests in turn, again and again, for a time.</summary>
    public LatencyHistogram RunFor(TimeSpan duration, IReadOnlyList<byte[]> requests, AnswerCheck check) =>
        Run(requests, long.MaxValue, duration, check);

    private LatencyHistogram Run(IReadOnlyList<byte[]> requests, long requestsMax, TimeSpan duration, AnswerCheck check)
    {
        var latencies = new LatencyHistogram();
        var epoll = Linux.CreateEpoll();
        var open = new List<Connection>();
        try
        {
            while (open.Count < Math.Min(connections, requestsMax))
            {
                open.Add(new Connection(server));
                Linux.Watch(epoll, open[^1].Descriptor, open.Count - 1);
            }
            Exchange(epoll, open, requests, requestsMax, duration, check, latencies);
            return latencies;
        }
        finally
        {
            foreach (var connection in open) connection.Dispose();
            Linux.CloseEpoll(epoll);
        }
    }

    private static void Exchange(
        int epoll, List<Connection> open, IReadOnlyList<byte[]> requests, long requestsMax, TimeSpan duration, AnswerCheck check,
        LatencyHistogram latencies)
    {
        var started = Stopwatch.GetTimestamp();
        var ready = new Linux.EpollEvent[open.Count];
        long sent = 0;
        foreach (var connection in open) SendNext(connection);
        for (var inFlight = open.Count; inFlight > 0;)
        {
            var count = Linux.Wait(epoll, ready, SilenceMilliseconds);
            if (count == 0) throw new IOException("The server does not answer.");
            var isOver = Stopwatch.GetElapsedTime(started) >= duration;
            foreach (var entry in ready.AsSpan(0, count))
            {
                var connection = open[entry.Tag];
                if (!connection.Receive()) continue;
                latencies.Add(Stopwatch.GetTimestamp() - connection.SentAt);
                check(connection.Request, connection.Body);
                if (isOver || sent >= requestsMax) inFlight--;
                else SendNext(connection);
            }
        }

        void SendNext(Connection connection)
        {
            var request = (int)(sent++ % requests.Count);
            connection.Send(request, requests[request]);
        }
    }
}
