using Rekey.Cli.Client;
using Rekey.Cli.Output;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

public sealed class LiveRotationViewTests
{
    [Fact]
    public async Task Steps_AreRedrawnInPlace()
    {
        using var writer = new StringWriter();
        var view = new Printer(writer, isJson: false, isPlain: false).RotationView("db", "v2").ShouldBeOfType<LiveRotationView>();
        var before = Progress(RotationOutcome.Running, StepStatus.Done, StepStatus.Failed) with
        {
            Cause = "Network",
            CauseMessage = "\u001b[2Jlost",
            WaitsUntil = new DateTimeOffset(2026, 1, 1, 12, 0, 30, TimeSpan.Zero),
        };
        var after = Progress(RotationOutcome.Succeeded, StepStatus.Done, StepStatus.Done);
        await view.ShowAsync(update =>
        {
            update(before);
            update(after);
            return Task.FromResult(0);
        });
        view.Conclude(Description, after);
        var text = writer.ToString();
        text.ShouldContain("setSecret");
        text.ShouldContain("Network:  [2Jlost; next attempt at 12:00:30 UTC");
        text.ShouldContain("\u001b[3A"); // the cursor went up to draw over what was there
        text.ShouldNotContain("\u001b[2J");
        text.ShouldContain("is AWSCURRENT.");
    }

    [Theory]
    [InlineData("NO_COLOR", "1")]
    [InlineData("TERM", "dumb")]
    public void PlainIsAskedFor_ByTheEnvironment(string name, string value) =>
        Printer.For(TextWriter.Null, asked => asked == name ? value : null, isJson: false, noColor: false).IsPlain.ShouldBeTrue();

    private static readonly RotationDescription Description = new() { Arn = "arn", Name = "db", State = "Idle", Events = [] };

    private static RotationProgress Progress(RotationOutcome outcome, params StepStatus[] statuses) => new()
    {
        Outcome = outcome,
        Attempt = 1,
        Events = [],
        Steps = [.. RotationProgress.StepNames.Select((name, index) =>
            new StepProgress(name, index < statuses.Length ? statuses[index] : StepStatus.Waiting, TimeSpan.FromSeconds(0.02)))],
    };
}
