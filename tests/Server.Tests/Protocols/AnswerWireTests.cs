using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols;

/// <summary>What every answer has, success or not: a request id, a type, a length, and all of it in one write.</summary>
public sealed class AnswerWireTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private const string Good = "{}";
    private const string LongSecret = """{"SecretId":"long"}""";

    private static readonly Dictionary<string, string> s_bodies = new()
    {
        ["success"] = Good,
        ["signature"] = Good,
        ["unsigned"] = Good,
        ["parsing"] = "{",
        ["constraint"] = """{"PasswordLength":0}""",
        ["service"] = """{"PasswordLength":3}""",
        ["operation"] = Good,
        ["size"] = $"{{\"ExcludeCharacters\":\"{new string('x', 1024 * 1024)}\"}}",
    };

    public static TheoryData<string> Cases => [.. s_bodies.Keys];

    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Answer_HasRequestIdTypeAndLength(string kind)
    {
        var body = Encoding.UTF8.GetBytes(s_bodies[kind]);
        var operation = kind == "operation" ? "NoSuchOperation" : "GetRandomPassword";
        using var request = Server.JsonRequest($"secretsmanager.{operation}", body);
        if (kind != "unsigned") Server.Signer("secretsmanager", kind == "signature" ? WrongKey : null).Sign(request, body);
        var answer = await TestServer.SendAsync(Server.Http, request, Cancel);
        ((int)answer.Status).ShouldBe(kind switch { "success" => 200, "size" => 413, _ => 400 });
        Guid.TryParseExact(answer.RequestId, "D", out _).ShouldBeTrue();
        answer.ContentType.ShouldBe("application/x-amz-json-1.1");
        answer.ContentLength.ShouldBe(Encoding.UTF8.GetByteCount(answer.Body));
    }

    [Theory]
    [InlineData("GetRandomPassword", Good)]
    [InlineData("GetSecretValue", LongSecret)]
    [InlineData("TagResource", """{"SecretId":"long","Tags":[]}""")]
    [InlineData("GetSecretValue", """{"SecretId":"missing"}""")]
    public async Task HeadAndBody_ComeInOneWrite(string operation, string body)
    {
        await Server.CallAsync("CreateSecret",
            new { Name = "long", SecretString = new string('x', 8192), ClientRequestToken = new string('0', 32) }, Cancel);
        var bytes = Encoding.UTF8.GetBytes(body);
        // Two writes may reach the reader together by chance, but not each time.
        for (var repeat = 0; repeat < 20; repeat++)
        {
            using var request = Server.JsonRequest($"secretsmanager.{operation}", bytes);
            Server.Signer("secretsmanager").Sign(request, bytes);
            using var connection = await RawConnection.OpenAsync(Server.Endpoint, Cancel);
            await connection.SendAsync(Raw(request, body), Cancel);
            var answer = await connection.ReadOnceAsync(Cancel);
            var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var length = answer.Split("Content-Length: ")[1].Split('\r')[0];
            (answer.Length - end - 4).ShouldBe(int.Parse(length), answer);
        }
    }

    /// <summary>A fault of the server is the error that the model declares for it, and tells nothing of the fault.</summary>
    [Theory]
    [InlineData("CreateSecret", """{"Name":"s","ClientRequestToken":"00000000000000000000000000000001"}""")]
    [InlineData("DeleteSecret", """{"SecretId":"s"}""")]
    [InlineData("DescribeSecret", """{"SecretId":"s"}""")]
    [InlineData("GetSecretValue", """{"SecretId":"s"}""")]
    [InlineData("ListSecrets", "{}")]
    [InlineData("TagResource", """{"SecretId":"s","Tags":[]}""")]
    public async Task FaultOfTheServer_IsInternalServiceError(string operation, string body)
    {
        FlakyDatabase? database = null;
        await using var server = await TestServer.StartAsync(new TestServerOptions { Services = Decorate }, Cancel);
        database!.FailsReads = true;
        database.IsDown = true;
        var answer = await server.CallRawAsync(operation, body, Cancel);
        database.IsDown = false;
        (answer.Status, answer.Body).ShouldBe((HttpStatusCode.InternalServerError,
            """{"__type":"InternalServiceError","Message":"An error occurred on the server side."}"""));
        Guid.TryParseExact(answer.RequestId, "D", out _).ShouldBeTrue();
        (await server.CallRawAsync(operation, body, Cancel)).Status.ShouldNotBe(HttpStatusCode.InternalServerError);

        void Decorate(IServiceCollection services)
        {
            var real = services.Single(service => service.ServiceType == typeof(IDatabase));
            services.Remove(real);
            services.AddKeyedSingleton("real", (provider, _) => (IDatabase)real.ImplementationFactory!(provider));
            services.AddSingleton<IDatabase>(provider =>
                database = new FlakyDatabase(provider.GetRequiredKeyedService<IDatabase>("real")));
        }
    }

    private static SigningCredentials WrongKey => new(TestServer.RootAccessKeyId, Sensitive.FromText("wrong"));

    private static string Raw(HttpRequestMessage request, string body)
    {
        var text = new StringBuilder($"POST / HTTP/1.1\r\nHost: {request.RequestUri!.Authority}\r\n");
        foreach (var (name, values) in request.Headers.NonValidated) text.Append($"{name}: {values}\r\n");
        return text.Append($"Content-Type: application/x-amz-json-1.1\r\nContent-Length: {body.Length}\r\n\r\n{body}").ToString();
    }
}
