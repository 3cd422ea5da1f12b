using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Rekey.Server.Webhooks;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Webhooks;

/// <summary>Whole rotations with a receiver on loopback: what it is told, how often, in what order, and what it is never told.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private const string Secret = "canary-webhook-secret-7d1f";

    private WebhookReceiver _receiver = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _receiver = await WebhookReceiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task RotationThatSucceeds_IsToldInOrder_InEventBridgesShape()
    {
        await using var scene = await StartAsync();
        scene.Target.SetReport = new StepReport(RefusedSince: scene.Server.Clock.GetUtcNow() - TimeSpan.FromSeconds(2));
        await scene.RotateAsync(Cancel);
        await UntilToldAsync("RotationSucceeded");

        Told().ShouldBe(["RotationStarted", "RotationSucceeded"]);
        var arn = (await scene.DescribeAsync(Cancel))["ARN"]!.GetValue<string>();
        var last = _receiver.Deliveries.Last();
        last.ContentType.ShouldBe("application/json; charset=utf-8");
        last.Event.ShouldBe("RotationSucceeded");
        var body = JsonDocument.Parse(last.Body).RootElement;
        body.GetProperty("id").GetString().ShouldBe(last.Id);
        body.GetProperty("detail-type").GetString().ShouldBe("AWS Service Event via CloudTrail");
        body.GetProperty("source").GetString().ShouldBe("aws.secretsmanager");
        body.GetProperty("account").GetString().ShouldBe(TestServer.Account);
        body.GetProperty("region").GetString().ShouldBe(TestServer.Region);
        body.GetProperty("resources")[0].GetString().ShouldBe(arn);
        var detail = body.GetProperty("detail");
        detail.GetProperty("eventName").GetString().ShouldBe("RotationSucceeded");
        detail.GetProperty("additionalEventData").GetProperty("SecretId").GetString().ShouldBe(arn);
        var own = detail.GetProperty("rekey");
        own.GetProperty("secretName").GetString().ShouldBe("db");
        own.GetProperty("versionId").GetString().ShouldBe(RotationScene.Token);
        own.GetProperty("gapMilliseconds").GetInt64().ShouldBe(2000);
        own.GetProperty("labelMoves")[0].GetProperty("from").GetString().ShouldBe(RotationScene.FirstVersion);
    }

    [Fact]
    public async Task Signature_IsThatOfTheDocument()
    {
        await using var scene = await StartAsync();
        await scene.RotateAsync(Cancel);
        await UntilToldAsync("RotationSucceeded");
        foreach (var delivery in _receiver.Deliveries)
        {
            var parts = delivery.Signature.Split(',').ToDictionary(part => part.Split('=')[0], part => part.Split('=')[1]);
            var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{parts["t"]}.{delivery.Body}"));
            parts["v1"].ShouldBe(Convert.ToHexStringLower(expected));
            parts["t"].ShouldBe($"{scene.Server.Clock.GetUtcNow().ToUnixTimeSeconds()}");
        }
    }

    [Fact]
    public async Task ReceiverThatFails_GetsTheSameEventAgain_AndTheNextOneOnlyThen()
    {
        await using var scene = await StartAsync();
        var refusals = 3;
        _receiver.Answer = _ => Interlocked.Decrement(ref refusals) >= 0 ? 503 : 200;
        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);
        await AdvanceUntilAsync(scene, () => Told().Contains("RotationSucceeded"));

        Told().ShouldBe(["RotationStarted", "RotationStarted", "RotationStarted", "RotationStarted", "RotationSucceeded"]);
        var repeated = _receiver.Deliveries.Take(4).ToList();
        repeated.Select(delivery => delivery.Id).Distinct().ShouldHaveSingleItem();
        repeated.Select(delivery => delivery.Body).Distinct().ShouldHaveSingleItem();
        // Each attempt is signed for its own time.
        repeated.Select(delivery => delivery.Signature).Distinct().Count().ShouldBe(4);
        await _receiver.UntilAsync(() => WaitingIn(scene) == 0, Cancel);
    }

    [Fact]
    public async Task WhatIsNotDelivered_OutlivesTheServer()
    {
        using var directory = new Storage.TemporaryDirectory();
        var clock = new ManualClock();
        _receiver.Answer = _ => 500;
        await using (var scene = await StartAsync(directory.Path, clock))
        {
            await scene.OkAsync(
                "CreateSecret", new { Name = "db", ClientRequestToken = RotationScene.FirstVersion, SecretString = "first" }, Cancel);
            await scene.RotateAsync(Cancel);
            await scene.UntilIdleAsync(Cancel);
            await _receiver.UntilAsync(() => !_receiver.Deliveries.IsEmpty, Cancel);
        }
        _receiver.Answer = _ => 200;
        clock.Advance(TimeSpan.FromMinutes(2));
        await using var next = await StartAsync(directory.Path, clock);
        await AdvanceUntilAsync(next, () => Told().Contains("RotationSucceeded"));
        Told().Last().ShouldBe("RotationSucceeded");
    }

    [Fact]
    public async Task EventThatIsTooOld_IsGivenUpAndSaidSo()
    {
        await using var scene = await StartAsync();
        _receiver.Answer = _ => 500;
        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);
        await _receiver.UntilAsync(() => !_receiver.Deliveries.IsEmpty, Cancel);
        for (var hour = 0; hour < 26; hour++)
        {
            scene.Server.Clock.Advance(TimeSpan.FromHours(1));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
        await AdvanceUntilAsync(scene, () => WaitingIn(scene) == 0);
        scene.Server.Logs.Text.ShouldContain("is too old to be sent to webhook 0: given up");
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        await using var other = await WebhookReceiver.StartAsync();
        await using var scene = await StartAsync();
        _receiver.Location = other.Url;
        _receiver.Answer = _ => 307;
        await scene.RotateAsync(Cancel);
        await AdvanceUntilAsync(scene, () => _receiver.Deliveries.Count >= 3);
        other.Deliveries.ShouldBeEmpty();
        scene.Server.Logs.Text.ShouldContain("did not get through to webhook 0: HTTP 307");
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/", "true")]
    [InlineData("https://127.0.0.1:1/", "false")]
    [InlineData("https://localhost:1/", "false")]
    public async Task AddressThatMayNotBeSpokenTo_IsNotConnectedTo(string url, string allowPrivate)
    {
        await using var scene = await StartAsync(settings:
        [
            ("Rekey:Webhooks:0:Url", url), ("Rekey:Webhooks:0:AllowPrivateAddresses", allowPrivate),
        ]);
        await scene.RotateAsync(Cancel);
        await _receiver.UntilAsync(() => scene.Server.Logs.Text.Contains("webhook 0: forbidden address"), Cancel);
    }

    [Fact]
    public async Task WantedEventsAlone_AreTold_ToEachItsOwn()
    {
        await using var second = await WebhookReceiver.StartAsync();
        await using var scene = await StartAsync(settings:
        [
            ("Rekey:Webhooks:0:Events", "StepFailed"),
            ("Rekey:Webhooks:1:Url", second.Url), ("Rekey:Webhooks:1:Secret", Secret), ("Rekey:Webhooks:1:AllowPrivateAddresses", "true"),
            ("Rekey:Webhooks:1:Events", "RotationStarted, RotationFailed"),
        ]);
        for (var i = 0; i < 2; i++) scene.Target.FailSetSecret(FailureCause.Privilege);
        await scene.RotateAsync(Cancel);
        await second.UntilAsync(() => second.Deliveries.Count == 2, Cancel);
        await _receiver.UntilAsync(() => !_receiver.Deliveries.IsEmpty, Cancel);
        Told().ShouldBe(["StepFailed"]);
        second.Deliveries.Select(delivery => delivery.Event).ShouldBe(["RotationStarted", "RotationFailed"]);
        var own = JsonDocument.Parse(_receiver.Deliveries.Single().Body).RootElement.GetProperty("detail").GetProperty("rekey");
        own.GetProperty("step").GetString().ShouldBe("setSecret");
        own.GetProperty("cause").GetString().ShouldBe("Privilege");
    }

    [Fact]
    public async Task WebhookThatIsTakenAway_LeavesNothingBehind()
    {
        using var directory = new Storage.TemporaryDirectory();
        _receiver.Answer = _ => 500;
        await using (var scene = await StartAsync(directory.Path))
        {
            await scene.OkAsync(
                "CreateSecret", new { Name = "db", ClientRequestToken = RotationScene.FirstVersion, SecretString = "first" }, Cancel);
            await scene.RotateAsync(Cancel);
            await scene.UntilIdleAsync(Cancel);
            WaitingIn(scene).ShouldBeGreaterThan(0);
        }
        await using var without = await RotationScene.StartAsync(Cancel, new TestServerOptions { DataDirectory = directory.Path });
        WaitingIn(without).ShouldBe(0);
    }

    /// <summary>Two nodes that share a store send each event once: the one that claims it.</summary>
    [Fact]
    public async Task EventThatAnotherNodeSends_IsNotSentTwice()
    {
        await using var scene = await StartAsync();
        _receiver.Answer = _ => 500;
        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);
        await AdvanceUntilAsync(scene, () => scene.Server.Logs.Text.Contains("did not get through"));
        var database = scene.Server.Services.GetRequiredService<IDatabase>();
        var now = scene.Server.Clock.GetUtcNow() + TimeSpan.FromHours(1);
        var message = database.Read(session => WebhookOutbox.FindDue(session, now, 1)).Single();
        (await database.WriteAsync(session => WebhookOutbox.Claim(session, message, now.AddMinutes(1), now), Cancel)).ShouldBeTrue();
        (await database.WriteAsync(session => WebhookOutbox.Claim(session, message, now.AddMinutes(1), now), Cancel)).ShouldBeFalse();
        database.Read(session => WebhookOutbox.FindDue(session, now, 1)).ShouldBeEmpty();
        // The node died: its lease ends, and the event is there again.
        var later = now.AddMinutes(1);
        database.Read(session => WebhookOutbox.FindDue(session, later, 1)).Single().EventId.ShouldBe(message.EventId);
    }

    [Fact]
    public async Task NoValue_IsEverTold()
    {
        var canary = new Canary();
        canary.Watch(Secret);
        await using var scene = await StartAsync(
            settings: [("Rekey:Webhooks:0:Events", string.Join(',', Enum.GetNames<RotationEventName>()))]);
        var value = canary.Plant();
        await scene.OkAsync(
            "CreateSecret", new { Name = "canary", ClientRequestToken = RotationScene.FirstVersion, SecretString = value }, Cancel);
        scene.Target.FailTestSecret(FailureCause.Network);
        await scene.OkAsync(
            "RotateSecret",
            new { SecretId = "canary", RotationLambdaARN = RotationScene.FunctionArn, ClientRequestToken = RotationScene.Token },
            Cancel);
        await AdvanceUntilAsync(scene, () => Told().Contains("RotationSucceeded"));
        Told().ShouldContain("StepStarted");
        foreach (var delivery in _receiver.Deliveries)
        {
            delivery.ToString().ShouldNotContain(value[^32..]);
            // What the scripted target makes of a version.
            delivery.Body.ShouldNotContain("rotated 0");
            delivery.ToString().ShouldNotContain(Secret);
        }
        (await canary.FindLeaksAsync(scene.Server, Cancel)).ShouldBeEmpty();
    }

    private Task<RotationScene> StartAsync(
        string? directory = null, ManualClock? clock = null, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["Rekey:Webhooks:0:Url"] = _receiver.Url,
            ["Rekey:Webhooks:0:Secret"] = Secret,
            ["Rekey:Webhooks:0:AllowPrivateAddresses"] = "true",
        };
        foreach (var (key, value) in settings) all[key] = value;
        return RotationScene.StartAsync(Cancel, new TestServerOptions { DataDirectory = directory, Clock = clock, Settings = all });
    }

    private string[] Told() => [.. _receiver.Deliveries.Select(delivery => delivery.Event)];

    private Task UntilToldAsync(string name) => _receiver.UntilAsync(() => Told().Contains(name), Cancel);

    private static long WaitingIn(RotationScene scene) => scene.Server.Services.GetRequiredService<IDatabase>()
        .Read(session => session.Find("SELECT COUNT(*) FROM webhook_outbox", row => row.Number(0)));

    /// <summary>Moves the clock on until it is so: the pauses between attempts are the product's, not the test's.</summary>
    private static async Task AdvanceUntilAsync(RotationScene scene, Func<bool> reached)
    {
        while (!reached())
        {
            scene.Server.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }
}
