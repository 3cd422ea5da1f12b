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

    public static TheoryData<string> Pythons =>
        [.. InstalledClient.PythonsWith("boto3").Select(python => python.Path).DefaultIfEmpty("none")];

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
}
