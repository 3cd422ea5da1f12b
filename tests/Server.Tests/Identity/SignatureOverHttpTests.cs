using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Rekey.Aws.SigV4;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Protocols;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

/// <summary>The same rules through sockets, Kestrel and the front door.</summary>
public sealed class SignatureOverHttpTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private static readonly byte[] Body = "{\"PasswordLength\":20}"u8.ToArray();

    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HeaderForm_IsAcceptedWithAndWithoutContentHash(bool sendsContentHash)
    {
        using var request = Request();
        SignerOf("secretsmanager", sendsContentHash).Sign(request, Body);
        (await SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task QueryForm_IsAccepted()
    {
        using var request = Request();
        Server.Signer("secretsmanager").Presign(request, Body, TimeSpan.FromMinutes(1));
        (await SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>How a workload proves to a third party who it is: a presigned GetCallerIdentity.</summary>
    [Theory]
    [InlineData(0, HttpStatusCode.OK, "GetCallerIdentityResult")]
    [InlineData(61, HttpStatusCode.Forbidden, "<Code>SignatureDoesNotMatch</Code><Message>Signature expired: ")]
    public async Task PresignedGetCallerIdentity_IsGoodForItsTime(int secondsLater, HttpStatusCode status, string content)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(Server.Endpoint, "/?Action=GetCallerIdentity&Version=2011-06-15"));
        Server.Signer("sts").Presign(request, [], TimeSpan.FromMinutes(1));
        var then = Server.Clock.GetUtcNow();
        Server.Clock.JumpTo(then.AddSeconds(secondsLater));
        using var response = await Server.Http.SendAsync(request, Cancel);
        Server.Clock.JumpTo(then);

        response.StatusCode.ShouldBe(status);
        var xml = await response.Content.ReadAsStringAsync(Cancel);
        Regex.Replace(xml, @">\s+<", "><", RegexOptions.NonBacktracking).ShouldContain(content);
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(301, false)]
    [InlineData(-299, true)]
    [InlineData(-301, false)]
    public async Task ClockOfTheClient_MayDifferByFiveMinutes(int seconds, bool isAccepted)
    {
        using var request = Request();
        var clock = new ManualClock(Server.Clock.GetUtcNow().AddSeconds(seconds));
        new Signer(Credentials, TestServer.Region, "secretsmanager", clock).Sign(request, Body);
        var answer = await SendAsync(request);
        answer.ErrorCode.ShouldBe(isAccepted ? null : "InvalidSignatureException");
    }

    [Fact]
    public async Task NoSignature_IsMissingAuthenticationToken()
    {
        using var request = Request();
        var answer = await SendAsync(request);
        (answer.Status, answer.Body).ShouldBe((
            HttpStatusCode.BadRequest, """{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}"""));
    }

    [Theory]
    [InlineData("eu-west-1", "secretsmanager", "Credential should be scoped to a valid region, not 'eu-west-1'. ")]
    [InlineData("us-east-1", "sts", "Credential should be scoped to correct service: 'secretsmanager'. ")]
    public async Task WrongScope_IsInvalidSignature(string region, string service, string message)
    {
        using var request = Request();
        new Signer(Credentials, region, service, Server.Clock).Sign(request, Body);
        var answer = await SendAsync(request);
        (answer.Status, answer.ErrorCode, answer.ErrorMessage).ShouldBe((HttpStatusCode.BadRequest, "InvalidSignatureException", message));
    }

    [Fact]
    public async Task BodyChangedOnTheWay_IsInvalidSignature()
    {
        using var request = Request();
        Server.Signer("secretsmanager").Sign(request, Body);
        request.Content = new ByteArrayContent("{\"PasswordLength\":21}"u8.ToArray());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-amz-json-1.1");
        (await SendAsync(request)).ErrorCode.ShouldBe("InvalidSignatureException");
    }

    [Fact]
    public async Task UnknownKey_IsUnrecognizedClient()
    {
        using var request = Request();
        var stranger = new SigningCredentials("AKIAIOSFODNN7EXAMPLE", Credentials.SecretAccessKey);
        new Signer(stranger, TestServer.Region, "secretsmanager", Server.Clock).Sign(request, Body);
        (await SendAsync(request)).ErrorCode.ShouldBe("UnrecognizedClientException");
    }

    [Fact]
    public async Task TargetExchangedByASecondHeader_IsRefused()
    {
        using var request = Request();
        Server.Signer("secretsmanager").Sign(request, Body);
        var text = Raw(request, "X-Amz-Target: secretsmanager.DeleteSecret\r\n");
        (await ExchangeAsync(text)).ShouldContain("InvalidSignatureException");
    }

    [Fact]
    public async Task SecondAuthorization_IsIncompleteSignature()
    {
        using var request = Request();
        Server.Signer("secretsmanager").Sign(request, Body);
        var text = Raw(request, "Authorization: AWS4-HMAC-SHA256 Credential=a\r\n");
        (await ExchangeAsync(text)).ShouldContain("IncompleteSignatureException");
    }

    [Theory]
    [InlineData("/./")]
    [InlineData("//")]
    [InlineData("/x/..")]
    public async Task OtherSpellingOfThePath_HasTheSameSignature(string target)
    {
        using var request = Request();
        Server.Signer("secretsmanager").Sign(request, Body);
        var answer = await ExchangeAsync(Raw(request, "").Replace("POST / ", $"POST {target} ", StringComparison.Ordinal));
        answer.ShouldNotContain("InvalidSignatureException");
    }

    [Fact]
    public async Task EveryOtherByteInTheHead_NeverEndsInAServerFault()
    {
        using var request = Request();
        Server.Signer("secretsmanager").Sign(request, Body);
        var text = Raw(request, "");
        var headLength = text.IndexOf("\r\nConnection", StringComparison.Ordinal);
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var at = random.Next(headLength);
            var changed = text[..at] + (char)random.Next(32, 127) + text[(at + 1)..];
            (await ExchangeAsync(changed)).ShouldNotContain("HTTP/1.1 500");
        }
    }

    private static SigningCredentials Credentials =>
        new(TestServer.RootAccessKeyId, Rekey.Aws.Sensitive.FromText(TestServer.RootSecretAccessKey));

    private HttpRequestMessage Request() => Server.JsonRequest("secretsmanager.GetRandomPassword", Body);

    private Signer SignerOf(string service, bool sendsContentHash) =>
        new(Credentials, TestServer.Region, service, Server.Clock) { SendsContentHash = sendsContentHash };

    private Task<Answer> SendAsync(HttpRequestMessage request) => TestServer.SendAsync(Server.Http, request, Cancel);

    /// <summary>The request as bytes on a socket, with lines that no client library would send.</summary>
    private static string Raw(HttpRequestMessage request, string moreHeaders)
    {
        var text = new StringBuilder($"POST / HTTP/1.1\r\nHost: {request.RequestUri!.Authority}\r\n");
        foreach (var (name, values) in request.Headers.NonValidated) text.Append(name).Append(": ").Append(values).Append("\r\n");
        text.Append(moreHeaders).Append("Content-Type: application/x-amz-json-1.1\r\nConnection: close\r\n");
        return text.Append("Content-Length: ").Append(Body.Length).Append("\r\n\r\n").Append(Encoding.UTF8.GetString(Body)).ToString();
    }

    private async Task<string> ExchangeAsync(string text)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(Server.Endpoint.Host, Server.Endpoint.Port, Cancel);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Cancel);
        using var answer = new StreamReader(stream, Encoding.UTF8);
        return await answer.ReadToEndAsync(Cancel);
    }
}
