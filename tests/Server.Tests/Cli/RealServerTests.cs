using System.CommandLine;
using Rekey.Cli;
using Rekey.Cli.Commands;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

/// <summary>The client commands against a real server: what its answers become on a terminal.</summary>
public sealed class RealServerTests : IAsyncLifetime
{
    private const string FunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";
    private const string Password = "canary-5b1e-password";

    private TestServer _server = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(Stop);
        // Port 1 is closed: the walk ends there.
        var value = $$"""{"engine":"mariadb","host":"127.0.0.1","port":1,"username":"app","password":"{{Password}}","ssl":false}""";
        await _server.CallAsync(
            "CreateSecret", new { Name = "db", ClientRequestToken = "00000000-0000-4000-8000-000000000001", SecretString = value }, Stop);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Doctor_NamesTheClosedPort()
    {
        (await RunAsync("rotate", "db", "--rotation-lambda-arn", FunctionArn)).Status.ShouldBe(ExitCode.Success);
        var run = await RunAsync("doctor", "db");
        run.Status.ShouldBe(ExitCode.Failed, run.Error);
        run.Output.ShouldContain("✔ resolve");
        run.Output.ShouldContain("✘ connect");
        run.Output.ShouldNotContain("login");
        run.Output.ShouldEndWith("A rotation would fail.\n");
    }

    [Fact]
    public async Task UnknownSecret_IsRefused()
    {
        var run = await RunAsync("rotate", "nobody");
        run.Status.ShouldBe(ExitCode.Refused);
        run.Error.ShouldStartWith("rekey: Secrets Manager can't find the specified secret.\n");
        run.Error.ShouldContain("ResourceNotFoundException");
    }

    [Fact]
    public async Task FirstRotationWithoutFunction_IsRefused()
    {
        var run = await RunAsync("rotate", "db");
        run.Status.ShouldBe(ExitCode.Refused);
        run.Error.ShouldContain("No Lambda rotation function ARN is associated with this secret.");
    }

    [Theory]
    [InlineData("AKIDOFNOBODY00000000", TestServer.RootSecretAccessKey, "UnrecognizedClientException")]
    [InlineData(TestServer.RootAccessKeyId, "not-the-secret-half", "InvalidSignatureException")]
    public async Task WrongKey_IsRefusedWithAdvice(string accessKeyId, string secretAccessKey, string code)
    {
        var run = await RunAsAsync(accessKeyId, secretAccessKey, "doctor", "db");
        run.Status.ShouldBe(ExitCode.Refused);
        run.Error.ShouldContain(code);
        run.Error.ShouldContain("heck"); // what to check
    }

    [Fact]
    public async Task RegionThatIsNotServed_IsRefusedWithAdvice()
    {
        var run = await RunAsync("doctor", "db", "--region", "us-west-2");
        run.Status.ShouldBe(ExitCode.Refused);
        run.Error.ShouldContain("not 'us-west-2'");
        run.Error.ShouldContain("Check the region");
    }

    private Task<CommandRun> RunAsync(params string[] arguments) =>
        RunAsAsync(TestServer.RootAccessKeyId, TestServer.RootSecretAccessKey, arguments);

    private async Task<CommandRun> RunAsAsync(string accessKeyId, string secretAccessKey, params string[] arguments)
    {
        var environment = new Dictionary<string, string?>
        {
            ["AWS_ACCESS_KEY_ID"] = accessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = secretAccessKey,
            ["AWS_ENDPOINT_URL"] = _server.Endpoint.ToString(),
        };
        using var output = new StringWriter();
        using var error = new StringWriter();
        var context = new CommandContext(name => environment.GetValueOrDefault(name), _server.Clock);
        var status = await CommandLine.RunAsync(arguments, context, new InvocationConfiguration { Output = output, Error = error });
        var run = new CommandRun(status, output.ToString(), error.ToString());
        (run.Output + run.Error).ShouldNotContain(Password);
        (run.Output + run.Error).ShouldNotContain(secretAccessKey);
        return run;
    }
}
