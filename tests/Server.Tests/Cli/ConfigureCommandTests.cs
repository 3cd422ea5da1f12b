using System.Text.Json;
using Rekey.Cli;
using Rekey.Cli.Commands;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

public sealed class ConfigureCommandTests : IAsyncLifetime
{
    private const string Get = "rekey.GetRotationSettings";
    private const string Put = "rekey.PutRotationSettings";

    private const string Configured = """
        {"ARN":"arn:of:db","Name":"db","Settings":{"GraceSeconds":3600,"GrantSync":"mirror","HeartbeatSeconds":900,"Overlap":"auto",
          "OldSessions":"keep","PostgresClone":"ownerRole","OwnerRole":"owner","Verifier":"auto","Users":{"Base":"a","Twin":"b"},
          "SoakSeconds":86400,"ForeignCredentials":"refuse","Passwords":{"EXCLUDE_NUMBERS":"true","PASSWORD_LENGTH":"40"}},
         "Target":{"Host":"db.example","Port":5432,"ServerIdentity":"7","Username":"a"}}
        """;

    private ScriptedServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ScriptedServer.StartAsync();
        _server.Answer(Get, Configured).Answer(Put, Configured);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task NoOption_ShowsAndChangesNothing()
    {
        var run = await CommandRun.OfAsync(_server.Url, "rotate", "configure", "db");
        run.Status.ShouldBe(ExitCode.Success, run.Error);
        run.Output.ShouldBe("""
            The rotation of db
              grant-sync        mirror
              overlap           auto
              grace             1h
              users             a,b
              heartbeat         15m
              heal              false
              postgres-clone    ownerRole
              owner-role        owner
              verifier          auto
              old-sessions      keep
              soak              1d
              foreign           refuse
              password-setting  EXCLUDE_NUMBERS=true
              password-setting  PASSWORD_LENGTH=40
              superuser         none
              target            a on db.example:5432

            """);
        _server.Requests.ShouldHaveSingleItem().Target.ShouldBe(Get);
    }

    [Theory]
    [InlineData("--grace 2h", "GraceSeconds", "7200")]
    [InlineData("--grace 90", "GraceSeconds", "90")]
    [InlineData("--grant-sync verifyOnly", "GrantSync", "\"verifyOnly\"")]
    [InlineData("--overlap require", "Overlap", "\"require\"")]
    [InlineData("--heartbeat 1d", "HeartbeatSeconds", "86400")]
    [InlineData("--heartbeat none", "HeartbeatSeconds", "0")]
    [InlineData("--heartbeat default", "HeartbeatSeconds", null)]
    [InlineData("--heal true", "HealOnFailedHeartbeat", "true")]
    [InlineData("--users x,y", "Users", """{"Base":"x","Twin":"y"}""")]
    [InlineData("--users none", "Users", null)]
    [InlineData("--postgres-clone member", "OwnerRole", null)]
    [InlineData("--verifier plain", "Verifier", "\"plain\"")]
    [InlineData("--old-sessions endAfterGrace", "OldSessions", "\"endAfterGrace\"")]
    [InlineData("--soak 0s", "SoakSeconds", "0")]
    [InlineData("--foreign allow", "ForeignCredentials", "\"allow\"")]
    [InlineData("--password-setting PASSWORD_LENGTH=20", "Passwords", """{"EXCLUDE_NUMBERS":"true","PASSWORD_LENGTH":"20"}""")]
    [InlineData("--password-setting PASSWORD_LENGTH= --password-setting EXCLUDE_NUMBERS=", "Passwords", null)]
    [InlineData("--reset --grace 1m", "GrantSync", null)]
    public async Task Option_ChangesItsSetting(string options, string member, string? expected)
    {
        var run = await CommandRun.OfAsync(_server.Url, ["rotate", "configure", "db", .. options.Split(' ')]);
        run.Status.ShouldBe(ExitCode.Success, run.Error);
        SentSettings().TryGetProperty(member, out var sent).ShouldBe(expected is not null);
        if (expected is not null) JsonElement.DeepEquals(sent, JsonDocument.Parse(expected).RootElement).ShouldBeTrue(sent.ToString());
    }

    [Fact]
    public async Task OtherSettings_Stay()
    {
        await CommandRun.OfAsync(_server.Url, "rotate", "configure", "db", "--grace", "2h");
        var sent = SentSettings();
        sent.GetProperty("HeartbeatSeconds").GetInt32().ShouldBe(900);
        sent.GetProperty("SoakSeconds").GetInt32().ShouldBe(86400);
        sent.GetProperty("ForeignCredentials").GetString().ShouldBe("refuse");
        sent.GetProperty("OwnerRole").GetString().ShouldBe("owner");
        sent.GetProperty("Users").GetProperty("Twin").GetString().ShouldBe("b");
        sent.GetProperty("Passwords").GetProperty("PASSWORD_LENGTH").GetString().ShouldBe("40");
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86_400)]
    [InlineData("", null)]
    [InlineData("h", null)]
    [InlineData("-1", null)]
    [InlineData("1w", null)]
    [InlineData("99999999999", null)]
    [InlineData("99999d", null)]
    public void Duration_IsReadAsPeopleTypeIt(string text, int? seconds) => Duration.Parse(text).ShouldBe(seconds);

    private JsonElement SentSettings()
    {
        _server.Requests.Select(request => request.Target).ShouldBe([Get, Put]);
        return _server.Requests[1].Body.GetProperty("Settings");
    }
}
