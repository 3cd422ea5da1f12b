namespace Rekey.Cli;

/// <summary>What scripts may rely on; docs/cli.md explains each. Usage and configuration use the numbers of BSD's sysexits.</summary>
internal static class ExitCode
{
    /// <summary>What was asked for is done; for <c>rotate</c> without <c>--watch</c>: it was accepted.</summary>
    public const int Success = 0;

    /// <summary>The rotation failed, or a hop of the diagnosis did; a rotation needs attention; what was planned differs.</summary>
    public const int Failed = 1;

    /// <summary>The server refused the request: not found, not authorised, not possible now.</summary>
    public const int Refused = 2;

    /// <summary>The time was up while the rotation was still going on. It goes on in the server.</summary>
    public const int TimedOut = 3;

    /// <summary>No answer from the server.</summary>
    public const int Unreachable = 4;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 64;

    /// <summary>A fault in rekey itself.</summary>
    public const int Internal = 70;

    /// <summary>A setting, a profile or the credentials are missing or wrong.</summary>
    public const int Configuration = 78;

    /// <summary>Stopped by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
