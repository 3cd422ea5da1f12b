using System.Diagnostics;
using Rekey.Rotators;

namespace Rekey.FaultHost;

/// <summary>
/// The server, killed with SIGKILL when it reaches a named fault point for the n-th time: <c>REKEY_TEST_KILL_AT=name[:n]</c>. Without the
/// variable it is the server and nothing else.
/// </summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        if (Environment.GetEnvironmentVariable("REKEY_TEST_KILL_AT") is { Length: > 0 } killAt) KillAt(killAt);
        return Cli.CommandLine.RunAsync(args, Cli.Commands.CommandContext.OfProcess(), new System.CommandLine.InvocationConfiguration());
    }

    private static void KillAt(string killAt)
    {
        var parts = killAt.Split(':');
        var left = parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 1;
        FaultPoint.Hook = name =>
        {
            if (name == parts[0] && Interlocked.Decrement(ref left) == 0) Process.GetCurrentProcess().Kill();
        };
    }
}
