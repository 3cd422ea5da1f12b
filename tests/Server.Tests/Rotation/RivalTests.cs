using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
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
            session => RotationConfigurations.FindRival(session, arn, host, 3306, identity, usernames));

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
}
