using Rekey.Cli;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("rotat", "Did you mean")]
    [InlineData("rotate", "Required argument 'secret'")]
    [InlineData("rotate db extra", "'extra'")]
    [InlineData("rotate db --timeout 0", "--timeout takes")]
    [InlineData("rotate db --timeout soon", "'soon'")]
    [InlineData("doctor db --output yaml", "'yaml'")]
    [InlineData("doctor db --password x", "'--password'")]
    [InlineData("rotate plan", "Required argument 'secret'")]
    [InlineData("rotate configure db --grace soon", "--grace takes")]
    [InlineData("rotate configure db --users one", "--users takes")]
    [InlineData("rotate configure db --grant-sync none", "'none'")]
    [InlineData("rotate configure db --password-setting PASSWORD_LENGTH", "--password-setting takes")]
    public async Task WrongUse_IsExplainedOnStandardError(string arguments, string expected)
    {
        var run = await CommandRun.OfAsync(null, arguments.Split(' '));
        run.Status.ShouldBe(ExitCode.Usage);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(expected);
        run.Error.ShouldContain("--help");
    }

    [Fact]
    public async Task NothingAsked_ShowsTheCommands()
    {
        var run = await CommandRun.OfAsync(null);
        run.Status.ShouldBe(ExitCode.Success);
        run.Output.ShouldContain("rotate <secret>");
    }

    [Theory]
    [InlineData("rotate")]
    [InlineData("doctor")]
    public async Task Help_EndsWithExamples(string command)
    {
        var run = await CommandRun.OfAsync(null, command, "--help");
        run.Status.ShouldBe(ExitCode.Success);
        run.Output[run.Output.IndexOf("Examples:", StringComparison.Ordinal)..].ShouldContain($"  rekey {command} ");
    }

    [Fact]
    public async Task SecretNamedLikeAResponseFile_IsAName()
    {
        var run = await CommandRun.OfAsync("http://127.0.0.1:1", "rotate", "@name");
        run.Status.ShouldBe(ExitCode.Unreachable);
    }

    [Fact]
    public async Task Version_IsTheProducts()
    {
        var run = await CommandRun.OfAsync(null, "version");
        run.Output.ShouldStartWith("rekey 0.");
        (await CommandRun.OfAsync(null, "version", "--output", "json")).Output.ShouldContain("\"Version\": \"0.");
    }
}
