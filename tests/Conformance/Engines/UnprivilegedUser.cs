using System.Diagnostics;

namespace Rekey.Conformance.Engines;

/// <summary>
/// Database servers refuse to run as root. A test run as root starts them as the system user that their package made; any other test
/// run starts them as itself.
/// </summary>
internal static class UnprivilegedUser
{
    public static string? Missing(string user)
    {
        if (!Environment.IsPrivilegedProcess) return null;
        var isKnown = File.ReadLines("/etc/passwd").Any(line => line.StartsWith(user + ":", StringComparison.Ordinal));
        return isKnown ? null : $"there is no system user '{user}' to run the server as";
    }

    /// <summary>Words before a command that run it as the user. The command keeps the process id.</summary>
    public static string[] Prefix(string user) =>
        Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups"] : [];

    public static void Own(string path, string user)
    {
        if (!Environment.IsPrivilegedProcess) return;
        using var change = Process.Start("chown", ["-R", $"{user}:", path]);
        change.WaitForExit();
        if (change.ExitCode != 0) throw new InvalidOperationException($"chown {user} {path} failed.");
    }

    public static ProcessStartInfo StartInfo(string folder, params ReadOnlySpan<string> command)
    {
        var start = new ProcessStartInfo(command[0]) { WorkingDirectory = folder };
        foreach (var word in command[1..]) start.ArgumentList.Add(word);
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    /// <summary>Runs a command to its end; a failure carries what it printed.</summary>
    public static async Task RunAsync(string folder, CancellationToken cancellationToken, params string[] command)
    {
        var start = StartInfo(folder, command);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var printed = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var complaints = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var output = await printed + await complaints;
        if (process.ExitCode == 0) return;
        throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {output}");
    }
}
