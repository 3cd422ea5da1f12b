using Rekey.Cli;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

public sealed class PlanCommandTests : IAsyncLifetime
{
    private const string Plan = "rekey.PlanRotation";

    private ScriptedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ScriptedServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Statements_ArePrintedWithTheDifferences()
    {
        Answer("""["app_clone lacks SELECT on shop.orders"]""");
        var run = await CommandRun.OfAsync(_server.Url, "rotate", "plan", "db");
        run.Status.ShouldBe(ExitCode.Success);
        run.Output.ShouldBe("""
            A rotation of db now gives app_clone a new password.
            The pair differs:
              app_clone lacks SELECT on shop.orders
            It sends:
              GRANT SELECT ON shop.orders TO app_clone
              ALTER USER app_clone IDENTIFIED BY '***'

            """);
        _server.Requests.ShouldHaveSingleItem().Target.ShouldBe(Plan);
    }

    [Theory]
    [InlineData("[]", ExitCode.Success)]
    [InlineData("""["one"]""", ExitCode.Failed)]
    public async Task ExitCode_TellsScriptsOfADifferenceWhenAskedTo(string differences, int status)
    {
        Answer(differences);
        (await CommandRun.OfAsync(_server.Url, "rotate", "plan", "db", "--exit-code", "--output", "json")).Status.ShouldBe(status);
    }

    [Fact]
    public async Task PlanThatCannotBeMade_IsRefused()
    {
        _server.Answer(Plan, """{"__type":"InvalidRequestException","Message":"A rotation can't be planned (Auth): refused"}""", 400);
        var run = await CommandRun.OfAsync(_server.Url, "rotate", "plan", "db");
        run.Status.ShouldBe(ExitCode.Refused);
        run.Error.ShouldContain("can't be planned (Auth)");
    }

    /// <summary>A secret that is called like a command can still be rotated.</summary>
    [Theory]
    [InlineData("rotate -- plan")]
    [InlineData("rotate --no-color -- plan")]
    public async Task SecretCalledPlan_IsRotated(string arguments)
    {
        _server.Answer("secretsmanager.RotateSecret", """{"ARN":"arn:of:plan","Name":"plan","VersionId":"v"}""");
        (await CommandRun.OfAsync(_server.Url, arguments.Split(' '))).Status.ShouldBe(ExitCode.Success);
        _server.Requests.ShouldHaveSingleItem().Body.GetProperty("SecretId").GetString().ShouldBe("plan");
    }

    private void Answer(string differences) => _server.Answer(
        Plan,
        $$"""
        {"ARN":"arn:of:db","Name":"db","Username":"app_clone","Differences":{{differences}},"Statements":[
          "GRANT SELECT ON shop.orders TO app_clone","ALTER USER app_clone IDENTIFIED BY '***'"]}
        """);
}
