using Rekey.Cli.Client;
using Rekey.Cli.Output;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

/// <summary>
/// Events are written in short: <c>+create</c> begun, <c>create</c> succeeded, <c>-create</c> failed, a capital letter an event of the
/// whole. Steps are shown as · waiting, ▸ running, ✔ done, ✘ failed.
/// </summary>
public sealed class RotationProgressTests
{
    private const string Version = "v2";

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Reserved", "", "RotationStarted", "····", "Running")]
    [InlineData("Creating", "createSecret", "RotationStarted +create", "▸···", "Running")]
    [InlineData("Setting", "setSecret", "RotationStarted +create create +set", "✔▸··", "Running")]
    [InlineData("Setting", "setSecret", "RotationStarted create", "✔▸··", "Running")]
    [InlineData("Finishing", "finishSecret", "create set test +finish", "✔✔✔▸", "Running")]
    [InlineData("Idle", "", "create set test finish RotationSucceeded", "✔✔✔✔", "Succeeded")]
    [InlineData("Idle", "", "create RotationAbandoned", "✔···", "Failed")]
    [InlineData("Idle", "", "RotationStarted", "····", "Running")]
    [InlineData("Parked", "", "create -set RotationFailed", "✔✘··", "Failed")]
    [InlineData("Reserved", "", "create -set", "✔✘··", "Running")]
    [InlineData("Creating", "createSecret", "create -set 2 +create", "▸···", "Running")]
    [InlineData("Setting", "setSecret", "create -set 2 create", "✔▸··", "Running")]
    [InlineData("Reserved", "", "create set 0 -test RotationFailed", "✔✔✘·", "Failed")]
    [InlineData("Reserved", "", "3 create -set RotationFailed 0 RotationRedriven", "····", "Running")]
    [InlineData("Setting", "setSecret", "3 create -set RotationFailed 0 RotationRedriven 1 create", "✔▸··", "Running")]
    public void Events_BecomeSteps(string state, string step, string events, string marks, string outcome)
    {
        var progress = RotationProgress.Of(Describe(state, step, events), Version, Now);
        string.Concat(progress.Steps.Select(Mark)).ShouldBe(marks);
        progress.Outcome.ToString().ShouldBe(outcome);
    }

    [Fact]
    public void EventsBeforeTheRotationWasTakenUpAgain_AreNotTold() =>
        RotationProgress.Of(Describe("Setting", "setSecret", "1 -set 0 RotationRedriven 1 create"), Version, Now).Events
            .Select(entry => entry.Event).ShouldBe(["RotationRedriven", "StepSucceeded"]);

    [Fact]
    public void AnotherVersionsEvents_DoNotCount()
    {
        var description = Describe("Idle", "", "create set test finish RotationSucceeded");
        var progress = RotationProgress.Of(description, "v3", Now);
        progress.Events.ShouldBeEmpty();
        progress.Outcome.ShouldBe(RotationOutcome.Running);
    }

    [Fact]
    public void Duration_IsFromBeginToEnd() =>
        RotationProgress.Of(Describe("Setting", "setSecret", "+create create"), Version, Now).Steps[0].Duration
            .ShouldBe(TimeSpan.FromSeconds(1));

    [Fact]
    public void FailedAttempt_TellsWhyAndUntilWhenItWaits()
    {
        var description = Describe("Reserved", "", "create -set") with
        {
            NotBefore = Now.AddSeconds(30),
            Cause = "Network",
            CauseMessage = "gone",
        };
        var progress = RotationProgress.Of(description, Version, Now);
        (progress.Cause, progress.CauseMessage).ShouldBe(("Network", "gone"));
        progress.WaitsUntil.ShouldBe(Now.AddSeconds(30));
        RotationProgress.Of(description, Version, Now.AddSeconds(31)).WaitsUntil.ShouldBeNull();
    }

    [Fact]
    public void Success_ForgetsEarlierFailures() =>
        RotationProgress.Of(Describe("Idle", "", "create -set 2 create set test finish RotationSucceeded"), Version, Now)
            .Cause.ShouldBeNull();

    private static RotationDescription Describe(string state, string step, string events)
    {
        var attempt = 1;
        var at = Now.AddMinutes(-1);
        var list = new List<RotationEvent>();
        foreach (var word in events.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(word, out var next)) attempt = next;
            else list.Add(Event(word, attempt, at = at.AddSeconds(1)));
        }
        return new RotationDescription
        {
            Arn = "arn",
            Name = "name",
            VersionId = Version,
            State = state,
            Step = step.Length > 0 ? step : null,
            Attempt = attempt,
            Events = list,
        };
    }

    private static RotationEvent Event(string word, int attempt, DateTimeOffset at)
    {
        var happened = word[0] switch { '+' => "StepStarted", '-' => "StepFailed", _ => "StepSucceeded" };
        var ofWhole = char.IsUpper(word[0]);
        return new RotationEvent
        {
            At = at,
            VersionId = Version,
            Attempt = attempt,
            Event = ofWhole ? word : happened,
            Step = ofWhole ? null : word.TrimStart('+', '-') + "Secret",
            Cause = happened == "StepFailed" ? "Auth" : null,
            Message = happened == "StepFailed" ? "refused" : null,
        };
    }

    private static string Mark(StepProgress step) => step.Status switch
    {
        StepStatus.Done => "✔",
        StepStatus.Failed => "✘",
        StepStatus.Running => "▸",
        _ => "·",
    };
}
