using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Rekey.Conformance.Clients;

/// <summary>A client of AWS that this machine has, in one version, and the script that makes calls with it.</summary>
/// <param name="Kind">Such as "boto3".</param>
/// <param name="Program">What runs the script: an interpreter that has the client.</param>
internal sealed record InstalledClient(string Kind, string Program, string Script, ClientDescription Description)
{
    private static readonly string s_drivers = Path.Combine(AppContext.BaseDirectory, "Clients", "Drivers");

    private static readonly Lazy<IReadOnlyList<InstalledClient>> s_all = new(FindAll);

    /// <summary>Every client, each of its versions once.</summary>
    public static IReadOnlyList<InstalledClient> All => s_all.Value;

    public string Name => $"{Kind} {Description.Version}";

    /// <summary>
    /// Interpreters of the path and of the system, those that have the Python package; each version of the package once.
    /// </summary>
    public static IEnumerable<(string Path, string Version)> PythonsWith(string package) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin")
            .Select(folder => Path.Combine(folder, "python3")).Where(File.Exists).Distinct()
            .Select(path => (path, Version: Print(path, "-c", $"import {package}; print({package}.__version__)")))
            .Where(python => python.Version is not null).Select(python => (python.path, python.Version!))
            .DistinctBy(python => python.Item2);

    public ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(Program, [Path.Combine(s_drivers, Script)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONUTF8"] = "1";
        start.Environment["NODE_PATH"] = NodeModules();
        return start;
    }

    private static IReadOnlyList<InstalledClient> FindAll() =>
    [
        .. PythonsWith("boto3").Select(python => Describe("boto3", python.Path, "boto3_driver.py")),
        .. PythonsWith("awscli").Select(python => Describe("AWS CLI", python.Path, "awscli_driver.py")),
        .. FindJavaScript(),
    ];

    private static IEnumerable<InstalledClient> FindJavaScript()
    {
        if (Directory.Exists(NodeModules()) && Print("node", "--version") is not null)
            yield return Describe("JavaScript SDK", "node", Path.Combine("javascript", "driver.cjs"));
    }

    /// <summary>Where <c>eng/clients</c> puts the packages of the lock file.</summary>
    private static string NodeModules()
    {
        var versions = SHA256.HashData(File.ReadAllBytes(Path.Combine(s_drivers, "javascript", "package-lock.json")));
        return Path.Combine(DownloadCache.Clients, $"javascript-{Convert.ToHexStringLower(versions)[..16]}", "node_modules");
    }

    /// <summary>What the client says of itself, asked without a server.</summary>
    private static InstalledClient Describe(string kind, string program, string script)
    {
        var client = new InstalledClient(kind, program, script, new ClientDescription());
        var start = client.StartInfo();
        ClientDriver.Prepare(start, new Uri("http://127.0.0.1:1/"));
        using var process = Process.Start(start)!;
        process.StandardInput.WriteLine("{}");
        process.StandardInput.Close();
        var answer = process.StandardOutput.ReadLine();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 || answer is null)
            throw new InvalidOperationException($"{script} does not run: {process.StandardError.ReadToEnd()}");
        return client with { Description = JsonSerializer.Deserialize<ClientDescription>(answer)! };
    }

    /// <summary>What a program prints; null when it is missing or fails.</summary>
    private static string? Print(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var printed = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? printed : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
