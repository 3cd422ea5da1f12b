using System.Diagnostics;
using Rekey.Server.Tests.Tidy;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Cli;

/// <summary><c>./quickstart --once</c> as a stranger runs it, from another folder and with an AWS profile of their own.</summary>
public sealed class QuickstartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rekey-quickstart-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Once_ProvesARotationAndLeavesNothing()
    {
        var start = new ProcessStartInfo(Path.Combine(SourceTree.Root, "quickstart"), ["--once"])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = _folder.FullName;
        start.Environment["AWS_PROFILE"] = "of-the-user";
        start.Environment["AWS_ACCESS_KEY_ID"] = "AKIDOFTHEUSER";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var complaints = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        var text = await output;
        process.ExitCode.ShouldBe(0, text + await complaints);
        foreach (var step in (string[])["createSecret", "setSecret", "testSecret", "finishSecret"]) text.ShouldContain($"  {step} done\n");
        text.ShouldContain("✔ The new password logs in to MariaDB.\n");
        text.ShouldContain("✔ The old password is refused: SQLSTATE 28000, error 1045.\n");
        text.ShouldContain("  AWSCURRENT\n");
        text.ShouldContain("  AWSPREVIOUS\n");
        text.ShouldContain("export AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:");
        _folder.GetDirectories("rekey-quickstart.*").ShouldBeEmpty();
    }

    [Fact]
    public async Task UnknownArgument_IsRefused()
    {
        var start = new ProcessStartInfo(Path.Combine(SourceTree.Root, "quickstart"), ["--twice"]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        (await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldContain("'--twice'");
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(64);
    }
}
