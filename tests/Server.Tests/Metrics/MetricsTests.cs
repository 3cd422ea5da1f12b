using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Metrics;
using Rekey.Server.Observability;
using Rekey.Server.Rotation;
using Rekey.Server.Settings;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Metrics;

/// <summary>What Prometheus gets, read by a parser that knows nothing of the writer.</summary>
public sealed class MetricsTests
{
    private static readonly (string, string)[] MariaDb = [("engine", "mariadb"), ("strategy", "single-user")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RotationThatSucceeds_IsCountedWithItsStepsAndGap()
    {
        await using var scene = await StartAsync();
        scene.Target.SetReport = new StepReport(RefusedSince: scene.Server.Clock.GetUtcNow() - TimeSpan.FromSeconds(2));
        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);

        var scrape = await ScrapeAsync(scene.Server);
        scrape.Value("rekey_rotations_total", [.. MariaDb, ("result", "succeeded"), ("cause", "")]).ShouldBe(1);
        foreach (var step in (string[])["createSecret", "setSecret", "testSecret", "finishSecret"])
        {
            scrape.Value("rekey_rotation_steps_total", [.. MariaDb, ("step", step), ("result", "succeeded")]).ShouldBe(1);
            scrape.Value("rekey_rotation_step_duration_seconds_count", [.. MariaDb, ("step", step)]).ShouldBe(1);
        }
        scrape.Value("rekey_rotation_gap_seconds_sum", MariaDb).ShouldBe(2);
        scrape.Value("rekey_rotation_gap_seconds_bucket", [.. MariaDb, ("le", "1")]).ShouldBe(0);
        scrape.Value("rekey_rotation_gap_seconds_bucket", [.. MariaDb, ("le", "5")]).ShouldBe(1);
        scrape.Value("rekey_secrets_rotating").ShouldBe(1);
        scrape.Value("rekey_build_info").ShouldBe(1);
        scrape.Value("process_resident_memory_bytes").ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task FailuresAndRefusedLogins_AreCountedByStepAndCause()
    {
        await using var scene = await StartAsync();
        scene.Target.RefuseSetSecret(FailureCause.Auth);
        scene.Target.RefuseSetSecret(FailureCause.Privilege);
        await scene.RotateAsync(Cancel);
        await scene.UntilAsync(progress => progress["Cause"] is not null, Cancel);
        await AdvanceUntilAsync(scene, async () => (await scene.ProgressAsync(Cancel))["State"]!.GetValue<string>() == "Parked");

        var scrape = await ScrapeAsync(scene.Server);
        scrape.Value("rekey_rotation_steps_total", [.. MariaDb, ("step", "setSecret"), ("result", "failed"), ("cause", "Auth")])
            .ShouldBe(1);
        scrape.Value("rekey_rotation_steps_total", [.. MariaDb, ("step", "setSecret"), ("cause", "Privilege")]).ShouldBe(1);
        scrape.Value("rekey_refused_logins_total", MariaDb).ShouldBe(1);
        scrape.Value("rekey_rotations_total", [.. MariaDb, ("result", "failed"), ("cause", "Privilege")]).ShouldBe(1);
        scrape.Value("rekey_rotations_in_progress", ("state", "Parked")).ShouldBe(1);
        scrape.Value("rekey_secrets_with_problem", ("problem", "Parked")).ShouldBe(1);
        scrape.Value("rekey_secrets_with_problem", ("problem", "Drifted")).ShouldBe(0);
    }

    [Fact]
    public async Task SecretsOfTheirOwn_TellSinceWhenAndOverdue()
    {
        await using var scene = await StartAsync();
        await scene.RotateAsync(Cancel, new { ScheduleExpression = "rate(1 day)", Duration = "4h" });
        await scene.UntilIdleAsync(Cancel);
        var arn = (await scene.DescribeAsync(Cancel))["ARN"]!.GetValue<string>();
        scene.Server.Clock.JumpTo(scene.Server.Clock.GetUtcNow() + TimeSpan.FromDays(3));

        var scrape = await ScrapeAsync(scene.Server);
        scrape.Value("rekey_secret_seconds_since_rotation", ("secret_arn", arn)).ShouldBe(3 * 86_400);
        scrape.Value("rekey_secret_overdue", ("secret_arn", arn)).ShouldBe(1);
        scrape.Value("rekey_secret_drifted", ("secret_arn", arn)).ShouldBe(0);
    }

    [Fact]
    public async Task Counters_NeverGoBack()
    {
        await using var scene = await StartAsync();
        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);
        var before = (await ScrapeAsync(scene.Server)).Monotone();
        await scene.OkAsync("RotateSecret", new { SecretId = "db", ClientRequestToken = "00000000-0000-0000-0000-000000000003" }, Cancel);
        await scene.UntilAsync(progress => RotationScene.EventsOf(progress).Count(name => name == "RotationSucceeded") == 2, Cancel);
        var after = (await ScrapeAsync(scene.Server)).Monotone();
        before.ShouldNotBeEmpty();
        foreach (var (key, value) in before) after[key].ShouldBeGreaterThanOrEqualTo(value, key);
        after.Where(pair => pair.Key.StartsWith("rekey_rotations_total", StringComparison.Ordinal)).ShouldHaveSingleItem()
            .Value.ShouldBe(2);
    }

    [Fact]
    public async Task NoSecretsWanted_ShowsNoName()
    {
        await using var scene = await StartAsync(("Rekey:Metrics:SecretsMax", "0"));
        await scene.RotateAsync(Cancel);
        await scene.UntilIdleAsync(Cancel);
        var scrape = await ScrapeAsync(scene.Server);
        scrape.Samples.ShouldAllBe(sample => !sample.Labels.ContainsKey("secret_arn"));
        scrape.Value("rekey_secrets_rotating").ShouldBe(1);
    }

    [Fact]
    public async Task PortOfTheApi_ServesNoMetrics_AndTheirPortNoApi()
    {
        await using var scene = await StartAsync();
        (await scene.Server.Http.GetAsync("/metrics", Cancel)).StatusCode.ShouldNotBe(HttpStatusCode.OK);
        using var client = Client(scene.Server);
        (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.PostAsync("/metrics", new StringContent(""), Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var answer = await client.GetAsync("/metrics", Cancel);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
    }

    [Fact]
    public async Task Token_IsDemanded()
    {
        await using var scene = await StartAsync(("Rekey:Metrics:Token", "the-token"));
        using var client = Client(scene.Server);
        (await client.GetAsync("/metrics", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "another");
        (await client.GetAsync("/metrics", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "the-token");
        (await client.GetAsync("/metrics", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", null, null, true)]
    [InlineData("http://[::1]:0", null, null, true)]
    [InlineData("http://0.0.0.0:0", null, null, false)]
    [InlineData("http://127.0.0.1:0;http://192.0.2.1:9464", null, null, false)]
    [InlineData("http://metrics.example:9464", null, null, false)]
    [InlineData("http://0.0.0.0:0", "token", null, true)]
    [InlineData("http://0.0.0.0:0", null, "0", true)]
    public void AddressThatOthersReach_NeedsATokenOrNoNames(string urls, string? token, string? secretsMax, bool isFine)
    {
        var options = new MetricsOptions { Urls = urls, Token = token, SecretsMax = secretsMax is null ? 1000 : int.Parse(secretsMax) };
        options.Validate(new(options)).Any().ShouldBe(!isFine);
    }

    [Fact]
    public void Labels_AreEscaped()
    {
        var text = new PrometheusText();
        text.Family("hostile", "gauge", "A \\ and a\nline.");
        const string Value = "a\"b\\n\n{x=\"y\"} 1";
        text.Sample("hostile", 1.5, ("name", Value));
        var scrape = PrometheusParser.Parse(text.ToString());
        scrape.Samples.ShouldHaveSingleItem().Labels["name"].ShouldBe(Value);
        scrape.Value("hostile").ShouldBe(1.5);
    }

    private static Task<RotationScene> StartAsync(params (string Key, string Value)[] settings) => RotationScene.StartAsync(
        Cancel,
        new TestServerOptions
        {
            Settings = settings.Append(("Rekey:Metrics:Urls", "http://127.0.0.1:0"))
                .ToDictionary(pair => pair.Item1, pair => (string?)pair.Item2),
        });

    private static HttpClient Client(TestServer server) =>
        new() { BaseAddress = new Uri(server.Services.GetRequiredService<MetricsListener>().Urls.Single()) };

    private static async Task<PrometheusParser> ScrapeAsync(TestServer server)
    {
        using var client = Client(server);
        return PrometheusParser.Parse(await client.GetStringAsync("/metrics", Cancel));
    }

    private static async Task AdvanceUntilAsync(RotationScene scene, Func<Task<bool>> reached)
    {
        while (!await reached()) scene.Server.Clock.Advance(TimeSpan.FromSeconds(5));
    }
}
