using System.Text.Json;
using Rekey.Cli;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

public sealed class DoctorCommandTests : IAsyncLifetime
{
    private const string Diagnose = "rekey.DiagnoseSecret";

    private const string Healthy = """
        {"ARN":"arn:of:db","Name":"db","Hops":[
          {"Hop":"resolve","Ok":true,"Detail":"db.example is 192.0.2.1"},
          {"Hop":"login","Ok":true,"Detail":"app logs in"}]}
        """;

    private const string Ailing = """
        {"ARN":"arn:of:db","Name":"db","Hops":[
          {"Hop":"resolve","Ok":true,"Detail":"db.example is 192.0.2.1"},
          {"Hop":"connect","Ok":false,"Detail":"no answer from 192.0.2.1:3306","Remedy":"Open the port.","Cause":"Network"}]}
        """;

    private ScriptedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ScriptedServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task EveryHopPasses_IsSuccess()
    {
        _server.Answer(Diagnose, Healthy);
        var run = await CommandRun.OfAsync(_server.Url, "doctor", "db");
        run.Status.ShouldBe(ExitCode.Success);
        run.Output.ShouldBe($"""
            The way a rotation of db takes, seen from {_server.Url}/
              ✔ resolve     db.example is 192.0.2.1
              ✔ login       app logs in
            Nothing stands in the way of a rotation.

            """);
        _server.Requests.ShouldHaveSingleItem().Body.GetProperty("SecretId").GetString().ShouldBe("db");
    }

    [Fact]
    public async Task FailingHop_IsNamedWithItsRemedy()
    {
        _server.Answer(Diagnose, Ailing);
        var run = await CommandRun.OfAsync(_server.Url, "doctor", "db");
        run.Status.ShouldBe(ExitCode.Failed);
        run.Output.ShouldContain("  ✘ connect     no answer from 192.0.2.1:3306\n");
        run.Output.ShouldContain("→ Open the port.\n");
        run.Output.ShouldEndWith("A rotation would fail.\n");
    }

    [Fact]
    public async Task Json_IsTheServersAnswer()
    {
        _server.Answer(Diagnose, Ailing);
        var run = await CommandRun.OfAsync(_server.Url, "doctor", "db", "--output", "json");
        run.Status.ShouldBe(ExitCode.Failed);
        var hops = JsonDocument.Parse(run.Output).RootElement.GetProperty("Hops");
        hops[1].GetProperty("Hop").GetString().ShouldBe("connect");
        hops[1].GetProperty("Cause").GetString().ShouldBe("Network");
    }
}
