using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Native;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation.Upkeep;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>W10: two secrets that rotate one user would take each other's password away.</summary>
public sealed class RivalTests
{
    private const string FunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<string> CreateAsync(TestServer server, string name, string host)
    {
        var value = $$"""{"engine":"mariadb","host":"{{host}}","port":1,"username":"app","password":"p"}""";
        var created = await server.CallAsync(
            "CreateSecret", new { Name = name, ClientRequestToken = Guid.NewGuid().ToString(), SecretString = value }, Cancel);
        (await server.CallAsync(
            "RotateSecret",
            new
            {
                SecretId = name,
                ClientRequestToken = Guid.NewGuid().ToString(),
                RotationLambdaARN = FunctionArn,
                RotationRules = new { AutomaticallyAfterDays = 30 },
                RotateImmediately = false,
            },
            Cancel)).IsSuccess.ShouldBeTrue();
        return created.Text("ARN");
    }

    private static Task<bool> PinAsync(TestServer server, string arn, PinnedTarget pin) =>
        server.Services.GetRequiredService<IDatabase>().WriteAsync(
            session =>
            {
                RotationConfigurations.Write(session, RotationConfigurations.Of(session, arn) with { Pin = pin });
                return true;
            },
            Cancel);

    private static string? RivalOf(TestServer server, string arn, string host, string? identity, params string[] usernames) =>
        server.Services.GetRequiredService<IDatabase>().Read(
            session => server.Services.GetRequiredService<RotationRivals>().Find(session, arn, host, 3306, identity, usernames));

    [Theory]
    [InlineData("db", null, "app", true)]
    [InlineData("DB", null, "app", true)]
    [InlineData("alias", "server-1", "app", true)]
    [InlineData("alias", "server-2", "app", false)]
    [InlineData("alias", null, "app", false)]
    [InlineData("db", null, "other", false)]
    public async Task W10_SecretThatRotatesTheSameUser_IsFound(string host, string? identity, string username, bool isRival)
    {
        await using var server = await TestServer.StartAsync(Cancel);
        var first = await CreateAsync(server, "first", "db");
        await PinAsync(server, first, new PinnedTarget("server-1", "Db", 3306, "app"));
        RivalOf(server, "another", host, identity, "app_clone", username).ShouldBe(isRival ? first : null);
        RivalOf(server, first, host, identity, username).ShouldBeNull("it is no rival of its own");
    }

    [Theory]
    [InlineData("CancelRotateSecret")]
    [InlineData("DeleteSecret")]
    public async Task SecretThatNoLongerRotates_IsNoRival(string operation)
    {
        await using var server = await TestServer.StartAsync(Cancel);
        var first = await CreateAsync(server, "first", "db");
        await PinAsync(server, first, new PinnedTarget("server-1", "db", 3306, "app"));
        (await server.CallAsync(operation, new { SecretId = "first" }, Cancel)).IsSuccess.ShouldBeTrue();
        RivalOf(server, "another", "db", null, "app").ShouldBeNull();
    }

    // The pair's secret is pinned by its base user, and its applications may be on the clone.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task W10_UserOfAnotherSecretsPair_IsNotRotated(bool isNamedPair)
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.BindSuperuserAsync(Cancel);
        var clone = isNamedPair ? "app_two" : "app_clone";
        if (isNamedPair) await scene.SetAsync(new RotationSettings { Users = new UserNames("app", clone) }, Cancel);
        await scene.RotateAsync(Cancel, function: UpkeepScene.Pair);
        var current = await scene.CurrentPasswordAsync(Cancel);
        scene.Target[clone].Passwords.ShouldBe([current]);

        var twin = await scene.OkAsync(
            "CreateSecret",
            new { Name = "twin", ClientRequestToken = UpkeepScene.FirstVersion, SecretString = UpkeepScene.Value(current, clone) }, Cancel);
        await scene.OkAsync(
            "RotateSecret",
            new { SecretId = "twin", ClientRequestToken = UpkeepScene.Token, RotationLambdaARN = UpkeepScene.SingleUser }, Cancel);
        var arn = twin["ARN"]!.GetValue<string>();
        await scene.UntilAsync(() => scene.Database.Read(session => RotationRows.Find(session, arn)) is null, Cancel);
        scene.Target[clone].Passwords.ShouldBe([current], "the pair's applications log in with it");
        scene.Database.Read(session => RotationJournal.Newest(session, arn, 1)).Single().Message!.ShouldContain(scene.Arn);
    }
}
