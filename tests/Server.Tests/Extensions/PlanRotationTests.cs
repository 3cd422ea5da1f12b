using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Extensions;

/// <summary>PlanRotation: what would be done is told, and none of it is.</summary>
public sealed class PlanRotationTests
{
    private const string Function = "SecretsManagerRDSMariaDBRotationSingleUser";
    private const string Token = "00000000-0000-4000-8000-000000000001";
    private const string Password = "canary-right-password";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Plan_NamesUserAndStatements_AndChangesNothing()
    {
        var login = new ScriptedLogin(Password);
        await using var server = await StartAsync(login, Password);
        var answer = await server.CallRekeyAsync("PlanRotation", new { SecretId = "db" }, Cancel);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        answer.Text("Username").ShouldBe("app");
        answer.Json["Statements"]!.ToJsonString().ShouldBe("""["change ***"]""");
        answer.Json["Differences"]!.AsArray().ShouldBeEmpty();
        answer.Body.ShouldNotContain("canary");
        login.Done.ShouldBe([$"login {Password}"]);
        login.OpenSessions.ShouldBe(0);
    }

    [Fact]
    public async Task LoginThatIsRefused_IsToldWithItsCause()
    {
        var login = new ScriptedLogin(Password);
        await using var server = await StartAsync(login, "canary-wrong-password");
        var answer = await server.CallRekeyAsync("PlanRotation", new { SecretId = "db" }, Cancel);
        answer.ErrorCode.ShouldBe("InvalidRequestException");
        answer.ErrorMessage!.ShouldStartWith("A rotation can't be planned (Auth): ");
        answer.Body.ShouldNotContain("canary");
        login.Refused.ShouldBe(1);
    }

    [Fact]
    public async Task SecretWithoutCredentials_IsToldWithWhatIsMissing()
    {
        await using var server = await StartAsync(new ScriptedLogin(Password), Password);
        await server.CallAsync("CreateSecret", new { Name = "text", ClientRequestToken = Token, SecretString = "no JSON" }, Cancel);
        var answer = await server.CallRekeyAsync("PlanRotation", new { SecretId = "text" }, Cancel);
        answer.ErrorCode.ShouldBe("InvalidRequestException");
        answer.ErrorMessage!.ShouldContain("(Precondition)");
    }

    private static async Task<TestServer> StartAsync(ScriptedLogin login, string stored)
    {
        IReadOnlyCollection<RotatorTemplate> templates =
            [new RotatorTemplate(Function, DatabaseEngine.MariaDb, (_, time) => new SingleUser(login, administration: null, time))];
        var server = await TestServer.StartAsync(
            new TestServerOptions { Services = services => services.AddSingleton(templates) }, Cancel);
        var value = $$"""{"engine":"mariadb","host":"db.example","username":"app","password":"{{stored}}","ssl":false}""";
        (await server.CallAsync("CreateSecret", new { Name = "db", ClientRequestToken = Token, SecretString = value }, Cancel))
            .IsSuccess.ShouldBeTrue();
        return server;
    }
}
