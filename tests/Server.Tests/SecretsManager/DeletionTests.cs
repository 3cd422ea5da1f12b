using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>DeleteSecret, RestoreSecret and the purge, on a clock in the test's hand.</summary>
public sealed class DeletionTests : IAsyncLifetime
{
    private const string Name = "app/password";
    private const string Token = "00000000-0000-0000-0000-000000000001";
    private TestServer _server = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(Stop);
        await OkAsync("CreateSecret", new { Name, SecretString = "s", ClientRequestToken = Token });
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Scheduled_ShowsBothDatesAndKeepsItsVersions()
    {
        var now = _server.Clock.GetUtcNow();
        var deleted = await OkAsync("DeleteSecret", new { SecretId = Name, RecoveryWindowInDays = 7 });
        deleted["Name"]!.GetValue<string>().ShouldBe(Name);
        Time(deleted, "DeletionDate").ShouldBe(now.AddDays(7));
        deleted.AsObject().Select(member => member.Key).ShouldBe(["ARN", "DeletionDate", "Name"]);

        _server.Clock.Advance(TimeSpan.FromHours(1));
        var described = await OkAsync("DescribeSecret", new { SecretId = Name });
        Time(described, "DeletedDate").ShouldBe(now);
        described["VersionIdsToStages"]![Token].ShouldNotBeNull();
    }

    [Fact]
    public async Task DefaultWindow_Is30Days() =>
        Time(await OkAsync("DeleteSecret", new { SecretId = Name }), "DeletionDate").ShouldBe(_server.Clock.GetUtcNow().AddDays(30));

    [Theory]
    [InlineData(6, false)]
    [InlineData(7, true)]
    [InlineData(30, true)]
    [InlineData(31, false)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    [InlineData(long.MaxValue, false)]
    public async Task Window_IsFrom7To30Days(long days, bool isAccepted)
    {
        var answer = await _server.CallAsync("DeleteSecret", new { SecretId = Name, RecoveryWindowInDays = days }, Stop);
        answer.IsSuccess.ShouldBe(isAccepted, answer.Body);
        if (isAccepted) return;
        answer.ErrorCode.ShouldBe("InvalidParameterException");
        answer.ErrorMessage.ShouldBe("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    }

    [Fact]
    public async Task ForcedWithWindow_IsInvalidParameter()
    {
        await FailAsync("DeleteSecret", new { SecretId = Name, RecoveryWindowInDays = 7, ForceDeleteWithoutRecovery = true },
            "InvalidParameterException", "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
        await OkAsync("DeleteSecret", new { SecretId = Name, RecoveryWindowInDays = 7, ForceDeleteWithoutRecovery = false });
    }

    [Fact]
    public async Task Repeated_IsInvalidRequest()
    {
        await OkAsync("DeleteSecret", new { SecretId = Name });
        await FailAsync("DeleteSecret", new { SecretId = Name }, "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.");
    }

    [Fact]
    public async Task Restored_IsAsBefore()
    {
        await OkAsync("DeleteSecret", new { SecretId = Name });
        var restored = await OkAsync("RestoreSecret", new { SecretId = Name });
        restored.AsObject().Select(member => member.Key).ShouldBe(["ARN", "Name"]);
        (await OkAsync("DescribeSecret", new { SecretId = Name }))["DeletedDate"].ShouldBeNull();
        (await OkAsync("GetSecretValue", new { SecretId = Name }))["SecretString"]!.GetValue<string>().ShouldBe("s");
        // The old end of the window passes and nothing happens.
        _server.Clock.Advance(TimeSpan.FromDays(31));
        await Task.Delay(TimeSpan.FromMilliseconds(100), Stop);
        await OkAsync("DescribeSecret", new { SecretId = Name });
    }

    [Fact]
    public async Task RestoreOfAnActiveSecret_ChangesNothing()
    {
        var before = await OkAsync("DescribeSecret", new { SecretId = Name });
        _server.Clock.Advance(TimeSpan.FromMinutes(1));
        await OkAsync("RestoreSecret", new { SecretId = Name });
        (await OkAsync("DescribeSecret", new { SecretId = Name })).ToJsonString().ShouldBe(before.ToJsonString());
    }

    [Fact]
    public async Task EndOfWindow_PurgesEverything()
    {
        await OkAsync("DeleteSecret", new { SecretId = Name, RecoveryWindowInDays = 7 });
        _server.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        await Task.Delay(TimeSpan.FromMilliseconds(100), Stop);
        await OkAsync("DescribeSecret", new { SecretId = Name });

        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        await UntilGoneAsync();
        await FailAsync("RestoreSecret", new { SecretId = Name }, "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.");
        RowsLeft().ShouldBe(0);
        EventNames().ShouldBe(["CreateSecret", "StartSecretVersionDelete", "DeleteSecret", "EndSecretVersionDelete"]);
        await OkAsync("CreateSecret", new { Name, SecretString = "again", ClientRequestToken = Token });
    }

    [Fact]
    public async Task EndOfWindowWhileStopped_PurgesAfterTheStart()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-test-").FullName;
        try
        {
            var clock = new ManualClock();
            await using (var first = await TestServer.StartAsync(new TestServerOptions { DataDirectory = directory, Clock = clock }, Stop))
            {
                await first.CallAsync("CreateSecret", new { Name, SecretString = "s", ClientRequestToken = Token }, Stop);
                await first.CallAsync("DeleteSecret", new { SecretId = Name, RecoveryWindowInDays = 7 }, Stop);
            }
            clock.Advance(TimeSpan.FromDays(8));
            await using var second = await TestServer.StartAsync(new TestServerOptions { DataDirectory = directory, Clock = clock }, Stop);
            await UntilGoneAsync(second);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Forced_IsGoneAtOnce(bool isScheduledBefore)
    {
        if (isScheduledBefore) await OkAsync("DeleteSecret", new { SecretId = Name });
        var deleted = await OkAsync("DeleteSecret", new { SecretId = Name, ForceDeleteWithoutRecovery = true });
        Time(deleted, "DeletionDate").ShouldBe(_server.Clock.GetUtcNow());
        await FailAsync("DescribeSecret", new { SecretId = Name }, "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.");
        RowsLeft().ShouldBe(0);
    }

    [Fact]
    public async Task ForcedOnNothing_Succeeds()
    {
        var deleted = await OkAsync("DeleteSecret", new { SecretId = "nobody", ForceDeleteWithoutRecovery = true });
        deleted["Name"]!.GetValue<string>().ShouldBe("nobody");
        deleted["ARN"]!.GetValue<string>().ShouldStartWith("arn:aws:secretsmanager:us-east-1:123456789012:secret:nobody-");
        const string arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:nobody-a1b2c3";
        deleted = await OkAsync("DeleteSecret", new { SecretId = arn, ForceDeleteWithoutRecovery = true });
        (deleted["Name"]!.GetValue<string>(), deleted["ARN"]!.GetValue<string>()).ShouldBe((arn, arn));
        await FailAsync("DeleteSecret", new { SecretId = "nobody" }, "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.");
        await FailAsync("DeleteSecret", new { SecretId = "a b", ForceDeleteWithoutRecovery = true }, "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");
    }

    private async Task UntilGoneAsync(TestServer? server = null)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var answer = await (server ?? _server).CallAsync("DescribeSecret", new { SecretId = Name }, Stop);
            if (answer.ErrorCode == "ResourceNotFoundException") return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), Stop);
        }
        throw new ShouldAssertException("The secret was not purged.");
    }

    private long RowsLeft() => Database.Read(session => session.Find(
        "SELECT (SELECT COUNT(*) FROM secrets) + (SELECT COUNT(*) FROM secret_versions) + (SELECT COUNT(*) FROM secret_labels)",
        row => row.Number(0)));

    private List<string> EventNames() =>
        Database.Read(session => session.Query("SELECT event_name FROM audit_events ORDER BY at, rowid", row => row.Text(0)));

    private IDatabase Database => _server.Services.GetRequiredService<IDatabase>();

    private async Task<JsonNode> OkAsync(string operation, object request)
    {
        var answer = await _server.CallAsync(operation, request, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Json;
    }

    private async Task FailAsync(string operation, object request, string code, string text)
    {
        var answer = await _server.CallAsync(operation, request, Stop);
        (answer.ErrorCode, answer.ErrorMessage).ShouldBe((code, text));
    }

    private static DateTimeOffset Time(JsonNode node, string member) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)(node[member]!.GetValue<decimal>() * 1000));
}
