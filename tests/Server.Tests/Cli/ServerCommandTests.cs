using System.Net;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

/// <summary><c>rekey server</c> as a process: how it starts, refuses to start, and ends.</summary>
public sealed class ServerCommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("rekey-test-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Sigterm_EndsItCleanlyWithinTenSeconds()
    {
        await using var server = await ServerProcess.StartAsync(_directory.FullName, Cancel);
        using var http = new HttpClient { BaseAddress = server.Endpoint };
        (await http.GetAsync("/healthz/ready", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await server.TerminateAsync(Cancel)).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        server.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task GeneratedRootKey_IsShownOnce()
    {
        var none = new Dictionary<string, string> { ["REKEY_ROOT_ACCESS_KEY_ID"] = "", ["REKEY_ROOT_SECRET_ACCESS_KEY"] = "" };
        await using (var first = await ServerProcess.StartAsync(_directory.FullName, Cancel, none))
        {
            await first.TerminateAsync(Cancel);
            first.Output.ShouldContain("AWS_ACCESS_KEY_ID=AKIA");
            first.Output.ShouldContain("AWS_SECRET_ACCESS_KEY=");
        }
        await using var second = await ServerProcess.StartAsync(_directory.FullName, Cancel, none);
        await second.TerminateAsync(Cancel);

        second.Output.ShouldNotContain("AWS_SECRET_ACCESS_KEY");
    }

    [Fact]
    public async Task FaultySettings_AreAllNamedAndNothingStarts()
    {
        await using var server = ServerProcess.Start(
            _directory.FullName, new Dictionary<string, string> { ["REKEY_ACCOUNT_ID"] = "1", ["Rekey__Nonsense"] = "1" });
        await server.WaitForExitAsync(Cancel);

        server.ExitCode.ShouldBe(78);
        server.Output.ShouldContain("Rekey:Server:AccountId (REKEY_ACCOUNT_ID) is '1': it must be 12 digits.");
        server.Output.ShouldContain("Rekey:Nonsense is not a setting.");
        _directory.GetFileSystemInfos().ShouldBeEmpty();
    }

    [Fact]
    public async Task DirectoryInUse_IsToldInASentence()
    {
        await using var first = await ServerProcess.StartAsync(_directory.FullName, Cancel);
        await using var second = ServerProcess.Start(_directory.FullName);
        await second.WaitForExitAsync(Cancel);

        second.ExitCode.ShouldNotBe(0);
        second.Output.ShouldContain("is in use by another Rekey server");
        second.Output.ShouldNotContain("   at ");
    }
}
