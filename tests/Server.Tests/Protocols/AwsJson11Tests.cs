using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols;

/// <summary>The wire of AWS JSON 1.1: what an answer, an error and a wrong request look like.</summary>
public sealed class AwsJson11Tests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Success_HasTypeLengthAndRequestId()
    {
        var answer = await Server.CallAsync("GetRandomPassword", new { }, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.ContentType.ShouldBe("application/x-amz-json-1.1");
        answer.ContentLength.ShouldBe(answer.Body.Length);
        Guid.TryParseExact(answer.RequestId, "D", out _).ShouldBeTrue();
        answer.Text("RandomPassword").Length.ShouldBe(32);
    }

    [Fact]
    public async Task RequestIds_Differ()
    {
        var ids = new HashSet<string>();
        for (var call = 0; call < 200; call++) ids.Add((await Server.CallAsync("GetRandomPassword", new { }, Cancel)).RequestId!);

        ids.Count.ShouldBe(200);
    }

    [Fact]
    public async Task Keys_ComeInAlphabeticalOrderWithoutWhiteSpace()
    {
        var made = await Server.CallAsync(
            "CreateSecret", new { Name = "order", SecretString = "v", ClientRequestToken = Token(1) }, Cancel);

        made.Body.ShouldBe($$"""{"ARN":"{{made.Text("ARN")}}","Name":"order","VersionId":"{{Token(1)}}"}""");
    }

    [Fact]
    public async Task EmptyOutput_IsAnEmptyBody()
    {
        await Server.CallAsync("CreateSecret", new { Name = "tagged", SecretString = "v", ClientRequestToken = Token(2) }, Cancel);
        var tags = new[] { new { Key = "k", Value = "v" } };
        var answer = await Server.CallAsync("TagResource", new { SecretId = "tagged", Tags = tags }, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Body.ShouldBeEmpty();
        answer.ContentLength.ShouldBe(0);
        answer.ContentType.ShouldBe("application/x-amz-json-1.1");
    }

    [Fact]
    public async Task ModelledError_HasBareTypeAndCapitalMessage()
    {
        var answer = await Server.CallAsync("GetSecretValue", new { SecretId = "missing" }, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.ContentType.ShouldBe("application/x-amz-json-1.1");
        answer.Body.ShouldBe(
            """{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}""");
    }

    [Fact]
    public async Task FrameworkError_HasLowerCaseMessage()
    {
        var answer = await Server.CallAsync("GetSecretValue", new { }, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldBe(
            """{"__type":"ValidationException","message":"1 validation error detected: Value null at 'secretId' failed """
            + """to satisfy constraint: Member must not be null"}""");
    }

    [Theory]
    [InlineData("secretsmanager.NoSuchOperation")]
    [InlineData("secretsmanager.getsecretvalue")]
    [InlineData("SecretsManager.GetSecretValue")]
    [InlineData("GetSecretValue")]
    [InlineData("secretsmanager.")]
    [InlineData("TrentService.Encrypt")]
    public async Task UnknownTarget_IsUnknownOperation(string target)
    {
        using var request = Server.JsonRequest(target, "{}"u8.ToArray());
        var answer = await TestServer.SendAsync(Server.SecretsManager, request, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.ErrorCode.ShouldBe("UnknownOperationException");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-amz-json-1.0")]
    [InlineData("application/x-amz-json-1.10")]
    [InlineData("text/plain")]
    public async Task OtherContentType_IsUnknownOperation(string type)
    {
        using var request = Server.JsonRequest("secretsmanager.GetRandomPassword", "{}"u8.ToArray());
        request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        var answer = await TestServer.SendAsync(Server.SecretsManager, request, Cancel);

        answer.ErrorCode.ShouldBe("UnknownOperationException");
    }

    [Fact]
    public async Task ContentTypeWithParameter_IsAccepted()
    {
        using var request = Server.JsonRequest("secretsmanager.GetRandomPassword", "{}"u8.ToArray());
        request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse("application/x-amz-json-1.1; charset=utf-8");
        var answer = await TestServer.SendAsync(Server.SecretsManager, request, Cancel);

        answer.IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task OtherMethod_IsUnknownOperation(string method)
    {
        using var request = Server.JsonRequest("secretsmanager.GetRandomPassword", "{}"u8.ToArray());
        request.Method = HttpMethod.Parse(method);
        var answer = await TestServer.SendAsync(Server.SecretsManager, request, Cancel);

        answer.ErrorCode.ShouldBe("UnknownOperationException");
    }

    [Fact]
    public async Task SignatureForAnotherService_IsRefused()
    {
        using var client = Server.Client("sts");
        using var request = Server.JsonRequest("secretsmanager.GetRandomPassword", "{}"u8.ToArray());
        var answer = await TestServer.SendAsync(client, request, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.ErrorCode.ShouldBe("InvalidSignatureException");
        answer.ErrorMessage.ShouldBe("Credential should be scoped to correct service: 'secretsmanager'. ");
    }

    [Fact]
    public async Task Unsigned_IsMissingAuthenticationToken()
    {
        using var request = Server.JsonRequest("secretsmanager.GetRandomPassword", "{}"u8.ToArray());
        var answer = await TestServer.SendAsync(Server.Http, request, Cancel);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldBe("""{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}""");
    }

    [Fact]
    public async Task SignatureIsCheckedBeforeTheBodyIsRead()
    {
        using var request = Server.JsonRequest("secretsmanager.GetSecretValue", "not json"u8.ToArray());
        var answer = await TestServer.SendAsync(Server.Http, request, Cancel);

        answer.ErrorCode.ShouldBe("MissingAuthenticationTokenException");
    }

    [Fact]
    public async Task TextIsNotEscapedBeyondJson()
    {
        const string Value = "ä€<>&'+/😀";
        await Server.CallAsync("CreateSecret", new { Name = "text", SecretString = Value, ClientRequestToken = Token(3) }, Cancel);
        var answer = await Server.CallAsync("GetSecretValue", new { SecretId = "text" }, Cancel);

        answer.Text("SecretString").ShouldBe(Value);
        answer.Body.ShouldContain("ä€<>&'+/");
        answer.ContentLength.ShouldBe(Encoding.UTF8.GetByteCount(answer.Body));
    }

    [Fact]
    public async Task LargestValueInItsLongestForm_FitsIntoABody()
    {
        var escaped = string.Concat(Enumerable.Repeat("\\u0061", 65_536));
        var body = $$"""{"Name":"large","SecretString":"{{escaped}}","ClientRequestToken":"{{Token(4)}}"}""";
        (await Server.CallRawAsync("CreateSecret", body, Cancel)).IsSuccess.ShouldBeTrue();
        var answer = await Server.CallAsync("GetSecretValue", new { SecretId = "large" }, Cancel);

        answer.Text("SecretString").ShouldBe(new string('a', 65_536));
    }

    [Fact]
    public async Task EveryCharacter_ComesBackAsItWent()
    {
        var value = string.Concat(Enumerable.Range(0, 0x3000).Select(code => (char)code)) + "\uffff\U0001F600\U0010FFFF";
        await Server.CallAsync("CreateSecret", new { Name = "every", SecretString = value, ClientRequestToken = Token(5) }, Cancel);

        (await Server.CallAsync("GetSecretValue", new { SecretId = "every" }, Cancel)).Text("SecretString").ShouldBe(value);
    }

    private static string Token(int number) => $"00000000-0000-4000-8000-{number:d12}";
}
