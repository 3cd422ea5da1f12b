using System.Diagnostics;

namespace Rekey.Conformance.Engines;

/// <summary>
/// A folder in which programs for Windows run, made once in a test run and shared by all of them: making it takes some seconds and more
/// than half a gigabyte.
/// </summary>
internal static class WinePrefix
{
    private const string Wine = "/usr/lib/wine/wine64";
    private const string WineServer = "/usr/lib/wine/wineserver64";

    private static readonly Lazy<Task<string>> Made = new(MakeAsync);

    /// <summary>Why there is none, or null.</summary>
    public static string? Missing => File.Exists(Wine) ? null : "the Debian package wine64 is not installed (eng/install --tests)";

    /// <summary>How to start a program. Its process is the one that is started: killing that kills it.</summary>
    public static async Task<ProcessStartInfo> StartInfoAsync(string folder, params string[] command) =>
        StartInfo(await Made.Value, folder, [Wine, .. command]);

    /// <summary>A path as a program for Windows names it.</summary>
    public static string PathOf(string path) => "Z:" + path.Replace('/', '\\');

    private static ProcessStartInfo StartInfo(string prefix, string folder, params ReadOnlySpan<string> command)
    {
        var start = UnprivilegedUser.StartInfo(folder, command);
        start.Environment["WINEPREFIX"] = prefix;
        start.Environment["WINEDEBUG"] = "-all";
        // Neither is there, and the first start would ask to fetch them.
        start.Environment["WINEDLLOVERRIDES"] = "mscoree,mshtml=";
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }

    private static async Task<string> MakeAsync()
    {
        var folder = Directory.CreateTempSubdirectory("rekey-wine-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => End(folder);
        // Made by a shared fixture, so no single test may cancel it. Ends once the folder is whole.
        await RunAsync(StartInfo(folder, folder, Wine, "wineboot", "--init"));
        await RunAsync(StartInfo(folder, folder, WineServer, "--wait"));
        return folder;
    }

    private static async Task RunAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var printed = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var complaints = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{start.FileName} ended with {process.ExitCode}: {await printed}{await complaints}");
    }

    /// <summary>Ends what Windows programs left running, which is of this prefix alone.</summary>
    private static void End(string folder)
    {
        using (var end = Process.Start(StartInfo(folder, "/", WineServer, "--kill"))!) end.WaitForExit();
        Directory.Delete(folder, recursive: true);
    }
}
