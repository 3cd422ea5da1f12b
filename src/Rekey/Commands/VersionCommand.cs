using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Rekey.Cli.Output;

namespace Rekey.Cli.Commands;

/// <summary><c>rekey version</c>: what this executable is, for bug reports.</summary>
internal static class VersionCommand
{
    public static Command Create(CommandContext context)
    {
        var output = new OutputOptions();
        var command = new Command("version", "Print the version.");
        output.AddTo(command);
        command.SetAction(result =>
        {
            var printer = output.Printer(result, context);
            var version = new VersionInfo(
                ProductVersion(), RuntimeInformation.FrameworkDescription, RuntimeInformation.RuntimeIdentifier);
            if (printer.IsJson) printer.Json(version, OutputJson.Default.VersionInfo);
            else printer.Line($"rekey {version.Version} ({version.Runtime}, {version.Platform})");
            return ExitCode.Success;
        });
        return command;
    }

    private static string ProductVersion() =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
