using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Deprecated versions on a clock in the test's hand: about 100 are kept, and all of the last 24 hours.</summary>
public sealed class VersionLimitsTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private int _values;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(Stop);
        await _server.CallAsync("CreateSecret", new { Name = "s", SecretString = "0", ClientRequestToken = Token(0) }, Stop);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task OldVersionsAboveTheLimit_AreRemovedOldestFirst()
    {
        await PutAsync(90);
        _server.Clock.Advance(TimeSpan.FromHours(24));
        await PutAsync(90);
        // 0 to 180: two are labelled, a hundred are kept, and the oldest 79 are gone.
        (await IdsAsync()).ShouldBe(Enumerable.Range(79, 102).Select(Token));
    }

    [Fact]
    public async Task MoreThanTheLimitInADay_IsLimitExceeded()
    {
        // 0 to 101: two are labelled and a hundred are not.
        await PutAsync(101);
        var answer = await TryPutAsync();
        (answer.ErrorCode, (int)answer.Status).ShouldBe(("LimitExceededException", 400));
        answer.ErrorMessage.ShouldBe(
            "A secret can't have more than 100 versions without staging labels, and those of the last 24 hours aren't removed.");
        (await ReadAsync(Token(0))).IsSuccess.ShouldBeTrue();

        _server.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        (await TryPutAsync()).ErrorCode.ShouldBe("LimitExceededException");
        _server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await TryPutAsync()).IsSuccess.ShouldBeTrue();
        (await ReadAsync(Token(0))).ErrorCode.ShouldBe("ResourceNotFoundException");
        (await ReadAsync(Token(1))).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task LabelledVersions_AreNeverRemoved()
    {
        await _server.CallAsync(
            "UpdateSecretVersionStage", new { SecretId = "s", VersionStage = "KEEP", MoveToVersionId = Token(0) }, Stop);
        for (var round = 0; round < 3; round++)
        {
            await PutAsync(60);
            _server.Clock.Advance(TimeSpan.FromHours(24));
        }
        (await ReadAsync(Token(0))).IsSuccess.ShouldBeTrue();
        (await ReadAsync(Token(1))).ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    [Fact]
    public async Task VersionOfARotationInProgress_IsNeverRemoved()
    {
        var arn = (await _server.CallAsync("DescribeSecret", new { SecretId = "s" }, Stop)).Text("ARN");
        await PutAsync(90);
        var rotation = new RotationInProgress
        {
            SecretArn = arn,
            VersionId = Token(1),
            Kind = RotationKind.Rotate,
            State = RotationState.Parked,
            PendingMayBeLive = true,
            // Later than this test goes.
            NotBefore = _server.Clock.GetUtcNow().AddDays(30),
            StartedAt = _server.Clock.GetUtcNow(),
        };
        await _server.Services.GetRequiredService<IDatabase>().WriteAsync(session =>
        {
            RotationRows.Insert(session, rotation);
            return 0;
        }, Stop);
        _server.Clock.Advance(TimeSpan.FromHours(24));
        await PutAsync(30, "ASIDE");
        (await ReadAsync(Token(0))).ErrorCode.ShouldBe("ResourceNotFoundException");
        (await ReadAsync(Token(1))).IsSuccess.ShouldBeTrue();
        (await ReadAsync(Token(2))).ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    // The version of an abandoned rotation: its password may be the only one that the database accepts.
    [Fact]
    public async Task VersionThatMayBeWhatLogsIn_IsNeverRemoved()
    {
        var arn = (await _server.CallAsync("DescribeSecret", new { SecretId = "s" }, Stop)).Text("ARN");
        await PutAsync(90);
        await _server.Services.GetRequiredService<IDatabase>().WriteAsync(session =>
        {
            RotationConfigurations.Suspect(session, arn, Token(1));
            return 0;
        }, Stop);
        _server.Clock.Advance(TimeSpan.FromHours(24));
        await PutAsync(30, "ASIDE");
        (await ReadAsync(Token(0))).ErrorCode.ShouldBe("ResourceNotFoundException");
        (await ReadAsync(Token(1))).IsSuccess.ShouldBeTrue();
        (await ReadAsync(Token(2))).ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    private static string Token(int value) => $"{value:d36}";

    private async Task PutAsync(int count, string stage = "AWSCURRENT")
    {
        for (var index = 0; index < count; index++) (await TryPutAsync(stage)).IsSuccess.ShouldBeTrue();
    }

    private Task<Answer> TryPutAsync(string stage = "AWSCURRENT")
    {
        var value = ++_values;
        return _server.CallAsync("PutSecretValue",
            new { SecretId = "s", SecretString = $"{value}", ClientRequestToken = Token(value), VersionStages = new[] { stage } }, Stop);
    }

    private Task<Answer> ReadAsync(string versionId) =>
        _server.CallAsync("GetSecretValue", new { SecretId = "s", VersionId = versionId }, Stop);

    private async Task<List<string>> IdsAsync()
    {
        var ids = new List<string>();
        string? token = null;
        do
        {
            var request = new { SecretId = "s", IncludeDeprecated = true, NextToken = token };
            var page = (await _server.CallAsync("ListSecretVersionIds", request, Stop)).Json;
            ids.AddRange(page["Versions"]!.AsArray().Select(version => (string)version!["VersionId"]!));
            token = (string?)page["NextToken"];
        }
        while (token is not null);
        return ids;
    }
}
