using System.Diagnostics;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>boto3, unmodified: the expectations are in <c>boto3_session.py</c>, where they are a Python programmer's.</summary>
public sealed class Boto3Tests(ClientSession session) : IClassFixture<ClientSession>
{
    private const string Script = "Clients/boto3_session.py";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Pythons => [.. Interpreters().DefaultIfEmpty("none")];

    [Theory]
    [MemberData(nameof(Pythons))]
    public async Task Session(string python)
    {
        Assert.SkipWhen(python == "none", "no Python with boto3 is installed (eng/install --tests)");
        var first = await session.CreateAccountAsync(Cancel);
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, Script)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        session.Prepare(start);
        start.Environment["PYTHONUTF8"] = "1";
        using var client = Process.Start(start)!;
        var output = client.StandardOutput.ReadToEndAsync(Cancel);
        var complaint = client.StandardError.ReadToEndAsync(Cancel);
        var given = new JsonObject { ["FunctionArn"] = ClientSession.FunctionArn, ["Secret"] = first.DeepClone() };
        await client.StandardInput.WriteAsync(given.ToJsonString().AsMemory(), Cancel);
        client.StandardInput.Close();
        await client.WaitForExitAsync(Cancel);
        client.ExitCode.ShouldBe(0, await complaint);

        var name = (await output).Trim();
        var value = await session.Server.CallAsync("GetSecretValue", new { SecretId = name }, Cancel);
        (await session.LogsInAsync(JsonNode.Parse(value.Text("SecretString"))!, Cancel)).ShouldBeTrue();
        (await session.LogsInAsync(first, Cancel)).ShouldBeFalse();
    }

    /// <summary>The Python of the path and the system's, those of them that have boto3; each version of boto3 once.</summary>
    private static IEnumerable<string> Interpreters() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin")
            .Select(folder => Path.Combine(folder, "python3")).Where(File.Exists)
            .Select(path => (Path: path, Version: Boto3VersionOf(path))).Where(python => python.Version.Length > 0)
            .DistinctBy(python => python.Version).Select(python => python.Path);

    private static string Boto3VersionOf(string python)
    {
        var start = new ProcessStartInfo(python, ["-c", "import boto3; print(boto3.__version__)"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var version = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? version : "";
    }
}
