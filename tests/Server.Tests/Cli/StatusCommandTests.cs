using System.Text.Json;
using Rekey.Cli;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

public sealed class StatusCommandTests : IAsyncLifetime
{
    private const string List = "rekey.ListRotations";

    private const string Well = """
        {"ARN":"arn:of:a","Name":"a","RotationEnabled":true,"State":"Idle","NextRotationDate":4102444799,"Problems":[],"Upkeep":[]}
        """;

    private const string Overdue = """
        {"ARN":"arn:of:long","Name":"prod/orders","RotationEnabled":true,"State":"Parked","Cause":"Privilege",
         "CauseMessage":"no ALTER USER","OverdueSince":4102358400,"Problems":["Parked","Overdue"]}
        """;

    private const string Drifted = """
        {"ARN":"arn:of:d","Name":"d","RotationEnabled":false,"State":"Idle","Problems":["Drifted"],
         "Upkeep":[{"Kind":"Heartbeat","Outcome":"Drifted","CauseMessage":"SELECT on shop.orders"}]}
        """;

    private ScriptedServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ScriptedServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task AllWell_IsSuccess()
    {
        _server.Answer(List, $$"""{"Rotations":[{{Well}}]}""");
        var run = await CommandRun.OfAsync(_server.Url, "status");
        run.Status.ShouldBe(ExitCode.Success, run.Error);
        run.Output.ShouldBe("""
            ✔ a  Idle       rotated never, next by 2099-12-31 23:59 UTC
            All 1 rotations are well.

            """);
    }

    [Fact]
    public async Task NoRotation_IsSuccess()
    {
        _server.Answer(List, """{"Rotations":[]}""");
        var run = await CommandRun.OfAsync(_server.Url, "status");
        run.Status.ShouldBe(ExitCode.Success);
        run.Output.ShouldBe("No secret of this region has rotation configured.\n");
    }

    [Fact]
    public async Task WhatNeedsAttention_IsMarkedWithItsReason_AndFails()
    {
        _server.Answer(List, $$"""{"Rotations":[{{Well}},{{Drifted}}],"NextToken":"t"}""")
            .Answer(List, $$"""{"Rotations":[{{Overdue}}]}""");
        var run = await CommandRun.OfAsync(_server.Url, "status");
        run.Status.ShouldBe(ExitCode.Failed);
        run.Output.ShouldBe("""
            ✔ a            Idle       rotated never, next by 2099-12-31 23:59 UTC
            ✘ d            Off        rotated never  Drifted
                Heartbeat: Drifted: SELECT on shop.orders
                see: rekey doctor d
            ✘ prod/orders  Parked     rotated never  Parked, Overdue
                overdue since 2099-12-31 00:00 UTC
                Privilege: no ALTER USER
                see: rekey doctor prod/orders
            2 of 3 rotations need attention.

            """);
        _server.Requests[1].Body.GetProperty("NextToken").GetString().ShouldBe("t");
    }

    [Fact]
    public async Task Problems_AreShownAlone_AndJsonIsOneDocument()
    {
        _server.Answer(List, $$"""{"Rotations":[{{Well}},{{Drifted}}]}""");
        var run = await CommandRun.OfAsync(_server.Url, "status", "--problems", "--output", "json");
        run.Status.ShouldBe(ExitCode.Failed);
        JsonDocument.Parse(run.Output).RootElement.GetProperty("Rotations").EnumerateArray().ShouldHaveSingleItem()
            .GetProperty("Name").GetString().ShouldBe("d");
    }
}
