using System.Reflection;
using Rekey.Cli;
using Rekey.Server.Tests.Tidy;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

/// <summary>docs/cli.md shows what the commands really print.</summary>
public sealed class CliDocumentTests
{
    private static readonly string Document = SourceTree.Read("docs/cli.md");

    [Theory]
    [InlineData("server")]
    [InlineData("rotate")]
    [InlineData("rotate plan")]
    [InlineData("rotate configure")]
    [InlineData("status")]
    [InlineData("doctor")]
    [InlineData("version")]
    public async Task Help_IsQuotedWhole(string command)
    {
        var run = await CommandRun.OfAsync(null, [.. command.Split(' '), "--help"]);
        Document.ShouldContain($"```\n{run.Output.TrimEnd()}\n```");
    }

    [Fact]
    public async Task EveryCommand_IsDescribed()
    {
        var listed = (await CommandRun.OfAsync(null)).Output.Split("Commands:\n")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        listed.ShouldNotBeEmpty();
        foreach (var line in listed.Append("  rotate plan").Append("  rotate configure"))
            Document.ShouldContain($"## rekey {line.Split("  ")[1].Split(" <")[0]}\n");
    }

    [Fact]
    public void EveryExitCode_IsExplained()
    {
        var codes = typeof(ExitCode).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic);
        codes.ShouldNotBeEmpty();
        foreach (var code in codes) Document.ShouldContain($"\n| {code.GetRawConstantValue()} | ");
    }
}
