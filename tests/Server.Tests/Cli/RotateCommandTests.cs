using System.Text.Json;
using Rekey.Cli;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

public sealed class RotateCommandTests : IAsyncLifetime
{
    private const string Rotate = "secretsmanager.RotateSecret";
    private const string Describe = "rekey.DescribeRotation";
    private const string Started = """{"ARN":"arn:of:db","Name":"db","VersionId":"v2"}""";

    private ScriptedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ScriptedServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task WithoutWatch_EndsWhenTheRotationIsAccepted()
    {
        _server.Answer(Rotate, Started);
        var run = await RunAsync("rotate", "db");
        run.Status.ShouldBe(ExitCode.Success);
        run.Output.ShouldBe("The rotation of db has begun: version v2.\n");
        var (target, scope, body) = _server.Requests.ShouldHaveSingleItem();
        (target, scope).ShouldBe((Rotate, "eu-central-1/secretsmanager"));
        body.GetProperty("SecretId").GetString().ShouldBe("db");
        Guid.TryParse(body.GetProperty("ClientRequestToken").GetString(), out _).ShouldBeTrue();
        body.TryGetProperty("RotationLambdaARN", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Function_IsPassedOn()
    {
        _server.Answer(Rotate, Started);
        await RunAsync("rotate", "db", "--rotation-lambda-arn", "arn:of:function");
        _server.Requests.ShouldHaveSingleItem().Body.GetProperty("RotationLambdaARN").GetString().ShouldBe("arn:of:function");
    }

    [Fact]
    public async Task WithoutWatch_PrintsTheAnswerAsJson()
    {
        _server.Answer(Rotate, Started);
        var run = await RunAsync("rotate", "db", "--output", "json");
        var document = JsonDocument.Parse(run.Output).RootElement;
        document.EnumerateObject().Select(member => member.Name).ShouldBe(["ARN", "Name", "VersionId"]);
    }

    [Fact]
    public async Task Watched_PrintsEachStepAndTheEnd()
    {
        _server.Answer(Rotate, Started)
            .Answer(Describe, Description("Creating", "createSecret"))
            .Answer(Describe, Description("Testing", "testSecret", Done("createSecret"), Done("setSecret")))
            .Answer(Describe, Description("Idle", null, [.. Steps.Select(Done), Whole("RotationSucceeded")]));
        var run = await RunAsync("rotate", "db", "--watch");
        run.Output.ShouldBe("""
            Rotating db: version v2
              createSecret done
              setSecret done
              testSecret done
              finishSecret done
            Rotated. Version v2 of db is AWSCURRENT.

            """);
        run.Status.ShouldBe(ExitCode.Success);
        _server.Requests[1].Scope.ShouldBe("eu-central-1/rekey");
    }

    [Fact]
    public async Task Watched_FailsWithTheCauseWhenTheRotationIsParked()
    {
        _server.Answer(Rotate, Started)
            .Answer(Describe, Description("Parked", null, Done("createSecret"), Failed("setSecret"), Whole("RotationFailed")));
        var run = await RunAsync("rotate", "db", "--watch");
        run.Status.ShouldBe(ExitCode.Failed);
        run.Output.ShouldContain("  setSecret failed (attempt 1): Auth: Access denied for user 'app'\n");
        run.Output.ShouldContain("Not rotated. Auth: Access denied for user 'app'\n");
        run.Output.ShouldContain("rekey doctor db");
    }

    [Fact]
    public async Task Watched_EndsWhenTheTimeIsUp()
    {
        _server.Answer(Rotate, Started).Answer(Describe, Description("Setting", "setSecret", Done("createSecret")));
        var run = await RunAsync("rotate", "db", "--watch", "--timeout", "1");
        run.Status.ShouldBe(ExitCode.TimedOut);
        run.Output.ShouldContain("Still going on.");
    }

    [Fact]
    public async Task Watched_PrintsOneJsonDocument()
    {
        _server.Answer(Rotate, Started)
            .Answer(Describe, Description("Creating", "createSecret"))
            .Answer(Describe, Description("Parked", null, Failed("createSecret")));
        var run = await RunAsync("rotate", "db", "--watch", "--output", "json");
        run.Status.ShouldBe(ExitCode.Failed);
        var document = JsonDocument.Parse(run.Output).RootElement;
        document.GetProperty("Result").GetString().ShouldBe("Failed");
        document.GetProperty("Cause").GetString().ShouldBe("Auth");
        document.GetProperty("Events").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task RotationAlreadyUnderWay_IsFollowed()
    {
        _server.Answer(
                Rotate, status: 400, body: """
                {"__type":"InvalidRequestException","Message":"A previous rotation isn't complete. That rotation will be reattempted."}
                """)
            .Answer(Describe, Description("Setting", "setSecret", Done("createSecret")))
            .Answer(Describe, Description("Idle", null, [.. Steps.Select(Done), Whole("RotationSucceeded")]));
        var run = await RunAsync("rotate", "db", "--watch");
        run.Status.ShouldBe(ExitCode.Success);
        run.Output.ShouldStartWith("A previous rotation isn't complete. That rotation will be reattempted.\nRotating db: version v2\n");
    }

    [Fact]
    public async Task ServerThatRestarts_IsWaitedFor()
    {
        _server.Answer(Rotate, Started).Answer(Describe, Description("Creating", "createSecret"));
        var port = new Uri(_server.Url).Port;
        var running = RunAsync("rotate", "db", "--watch");
        while (_server.Requests.Count < 3) await Pause(20);
        await _server.DisposeAsync();
        await Pause(500);
        _server = (await ScriptedServer.StartAsync(port))
            .Answer(Describe, Description("Idle", null, [.. Steps.Select(Done), Whole("RotationSucceeded")]));
        (await running).Status.ShouldBe(ExitCode.Success);
    }

    [Theory]
    [InlineData(400, "ResourceNotFoundException", ExitCode.Refused)]
    [InlineData(400, "AccessDeniedException", ExitCode.Refused)]
    [InlineData(500, "InternalServiceError", ExitCode.Failed)]
    public async Task Refusal_IsShownWithItsNameAndRequest(int httpStatus, string code, int status)
    {
        _server.Answer(Rotate, $$"""{"__type":"{{code}}","Message":"What the server said."}""", httpStatus);
        var run = await RunAsync("rotate", "db");
        run.Status.ShouldBe(status);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldStartWith("rekey: What the server said.\n");
        run.Error.ShouldContain($"{code} (request 11111111-2222-3333-4444-555555555555)");
    }

    [Fact]
    public async Task NoServer_IsUnreachable()
    {
        var url = _server.Url;
        await _server.DisposeAsync();
        var run = await CommandRun.OfAsync(url, "rotate", "db");
        run.Status.ShouldBe(ExitCode.Unreachable);
        run.Error.ShouldContain("Connection refused");
    }

    [Fact]
    public async Task AnotherServer_IsNotTakenForRekey()
    {
        _server.Answer(Rotate, "<html>hello</html>");
        (await RunAsync("rotate", "db")).Error.ShouldContain("is not a Rekey server");
    }

    [Fact]
    public async Task ControlCharacters_DoNotReachTheTerminal()
    {
        _server.Answer(Rotate, Started)
            .Answer(Describe, Description("Parked", null, Failed("setSecret", @"\u001b[2Jgone\nRotated. [red]")));
        var run = await RunAsync("rotate", "db", "--watch");
        run.Output.ShouldNotContain("\u001b");
        run.Output.ShouldContain("Auth:  [2Jgone Rotated. [red]\n");
    }

    private static readonly string[] Steps = ["createSecret", "setSecret", "testSecret", "finishSecret"];

    private async Task<CommandRun> RunAsync(params string[] arguments)
    {
        var run = await CommandRun.OfAsync(_server.Url, arguments);
        (run.Output + run.Error).ShouldNotContain(CommandRun.SecretHalf);
        return run;
    }

    private static Task Pause(int milliseconds) =>
        Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, TestContext.Current.CancellationToken);

    private static string Description(string state, string? step, params string[] events) =>
        $$"""
        {"ARN":"arn:of:db","Name":"db","VersionId":"v2","State":"{{state}}",{{(step is null ? "" : $"\"Step\":\"{step}\",")}}
         "Attempt":1,"Events":[{{string.Join(',', events)}}]}
        """;

    private static string Done(string step) =>
        $$"""{"At":1700000000.5,"Event":"StepSucceeded","VersionId":"v2","Step":"{{step}}","Attempt":1}""";

    private static string Failed(string step, string message = "Access denied for user 'app'") =>
        $$"""
        {"At":1700000000.5,"Event":"StepFailed","VersionId":"v2","Step":"{{step}}","Attempt":1,"Cause":"Auth","Message":"{{message}}"}
        """;

    private static string Whole(string name) => $$"""{"At":1700000001,"Event":"{{name}}","VersionId":"v2","Attempt":1}""";
}
