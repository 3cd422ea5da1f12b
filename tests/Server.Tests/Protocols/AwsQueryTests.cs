using System.Net;
using System.Text;
using System.Xml.Linq;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols;

/// <summary>The wire of AWS Query: form in, XML out, and errors with their own codes and statuses.</summary>
public sealed class AwsQueryTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Action=GetCallerIdentity", "InvalidAction", "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED")]
    [InlineData("Action=GetTags&Version=2010-05-08", "InvalidAction", "Could not find operation GetTags for version 2010-05-08")]
    [InlineData("Action=NoSuch&Version=2011-06-15", "InvalidAction", "Could not find operation NoSuch for version 2011-06-15")]
    [InlineData("Action=GetSecretValue&Version=2017", "InvalidAction", "Could not find operation GetSecretValue for version 2017")]
    [InlineData("Version=2011-06-15", "MissingAction", "The request is missing an action or a required parameter.")]
    [InlineData("", "MissingAction", "The request is missing an action or a required parameter.")]
    [InlineData("Action=%zz", "MalformedQueryString", "The query string is malformed. An escape is broken.")]
    [InlineData("Action=%2", "MalformedQueryString", "The query string is malformed. An escape is broken.")]
    [InlineData("Action=%ff", "MalformedQueryString", "The query string is malformed. A parameter is not valid UTF-8.")]
    [InlineData("Action=a&Action=a", "MalformedQueryString", "The query string is malformed. A parameter appears twice.")]
    [InlineData("Action=%00%1b%0d%0a%3Cx%3E%26", "InvalidAction", "Could not find operation ???\n<x>& for version NO_VERSION_SPECIFIED")]
    public async Task WrongForm_IsRefused(string form, string code, string message)
    {
        using var client = Server.Client("sts");
        var (status, error, answer) = await PostAsync(client, form);

        status.ShouldBe(HttpStatusCode.BadRequest);
        Text(error, "Code").ShouldBe(code);
        Text(error, "Message").ShouldBe(message);
        Text(error, "Type").ShouldBe("Sender");
        Guid.TryParse(Text(answer, "RequestId"), out _).ShouldBeTrue();
    }

    [Fact]
    public async Task TooManyParameters_AreRefused()
    {
        using var client = Server.Client("sts");
        var form = string.Join('&', Enumerable.Range(0, Limits.QueryParametersMax + 1).Select(number => $"p{number}=1"));

        Text((await PostAsync(client, form)).Error, "Code").ShouldBe("MalformedQueryString");
    }

    [Fact]
    public async Task Unsigned_IsMissingAuthenticationToken()
    {
        var (status, error, _) = await PostAsync(Server.Http, "Action=GetCallerIdentity&Version=2011-06-15");

        status.ShouldBe(HttpStatusCode.Forbidden);
        Text(error, "Code").ShouldBe("MissingAuthenticationToken");
    }

    [Fact]
    public async Task WrongSecret_IsSignatureDoesNotMatch()
    {
        using var client = Server.Client("sts", new SigningCredentials(TestServer.RootAccessKeyId, Sensitive.FromText("wrong")));
        var (status, error, _) = await PostAsync(client, "Action=GetCallerIdentity&Version=2011-06-15");

        status.ShouldBe(HttpStatusCode.Forbidden);
        Text(error, "Code").ShouldBe("SignatureDoesNotMatch");
    }

    [Fact]
    public async Task UnknownKey_IsInvalidClientTokenId()
    {
        using var client = Server.Client("sts", new SigningCredentials("AKIAUNKNOWN", Sensitive.FromText("wrong")));
        var (_, error, _) = await PostAsync(client, "Action=GetCallerIdentity&Version=2011-06-15");

        Text(error, "Code").ShouldBe("InvalidClientTokenId");
    }

    [Fact]
    public async Task LambdaPath_IsAnsweredAsLambdaAnswersUnknownOnes()
    {
        using var client = Server.Client("lambda");
        using var response = await client.GetAsync("/2015-03-31/functions", Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        response.Headers.GetValues("x-amzn-ErrorType").Single().ShouldBe("AccessDeniedException");
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe(
            """{"message":"Unable to determine service/operation name to be authorized"}""");
    }

    [Fact]
    public async Task UnsignedLambdaPath_IsForbidden()
    {
        using var response = await Server.Http.GetAsync("/2015-03-31/functions", Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        response.Headers.GetValues("x-amzn-ErrorType").Single().ShouldBe("MissingAuthenticationTokenException");
    }

    private static async Task<(HttpStatusCode Status, XElement Error, XElement Answer)> PostAsync(HttpClient client, string form)
    {
        using var content = new StringContent(form, Encoding.ASCII, "application/x-www-form-urlencoded");
        using var response = await client.PostAsync("/", content, Cancel);
        var answer = XDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).Root!;
        return (response.StatusCode, answer.Elements().Single(element => element.Name.LocalName == "Error"), answer);
    }

    private static string Text(XElement parent, string name) => parent.Elements().Single(element => element.Name.LocalName == name).Value;
}
