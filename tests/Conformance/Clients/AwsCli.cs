using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Shouldly;

namespace Rekey.Conformance.Clients;

/// <summary>An installed AWS CLI, as it was packaged.</summary>
internal sealed class AwsCli(string path, string version, ClientSession session)
{
    public string Version => version;

    /// <summary>Every AWS CLI of this machine: the one of the path and Debian's. Empty where there is none.</summary>
    public static IReadOnlyList<(string Path, string Version)> Installed { get; } = Find();

    /// <summary>The answer of a call that succeeds; an empty object where it has none.</summary>
    public async Task<JsonNode> CallAsync(string command, CancellationToken cancellationToken, params string[] arguments)
    {
        var (exitCode, output, complaint) = await RunAsync(command, arguments, cancellationToken);
        exitCode.ShouldBe(0, $"aws {command}: {complaint}");
        return output.Length == 0 ? new JsonObject() : JsonNode.Parse(output)!;
    }

    /// <summary>What the user reads of a call that the service refuses.</summary>
    public async Task<string> FailAsync(string command, CancellationToken cancellationToken, params string[] arguments)
    {
        var (exitCode, output, complaint) = await RunAsync(command, arguments, cancellationToken);
        exitCode.ShouldBeOneOf(254, 255);
        output.ShouldBeEmpty();
        return complaint.Trim();
    }

    /// <summary>Differs from what every client gets: another key, for example.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    private async Task<(int ExitCode, string Output, string Complaint)> RunAsync(
        string command, string[] arguments, CancellationToken cancellationToken)
    {
        var words = command.Split(' ').Concat(arguments)
            .Concat(["--endpoint-url", session.Endpoint.GetLeftPart(UriPartial.Authority), "--output", "json"]);
        var start = new ProcessStartInfo(path, words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        session.Prepare(start);
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        using var cli = Process.Start(start)!;
        var output = cli.StandardOutput.ReadToEndAsync(cancellationToken);
        var complaint = cli.StandardError.ReadToEndAsync(cancellationToken);
        await cli.WaitForExitAsync(cancellationToken);
        return (cli.ExitCode, (await output).Trim(), await complaint);
    }

    private static List<(string Path, string Version)> Find()
    {
        var folders = (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return [.. folders.Append("/usr/bin").Select(folder => Path.Combine(folder, "aws")).Where(File.Exists)
            .Select(file => (file, VersionOf(file))).Where(cli => cli.Item2 is not null)
            .DistinctBy(cli => cli.Item2).Select(cli => (cli.file, cli.Item2!))];
    }

    private static string? VersionOf(string path)
    {
        var start = new ProcessStartInfo(path, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var cli = Process.Start(start)!;
        var printed = cli.StandardOutput.ReadToEnd();
        cli.WaitForExit();
        return cli.ExitCode == 0 ? printed.Split(' ')[0] : null;
    }
}
