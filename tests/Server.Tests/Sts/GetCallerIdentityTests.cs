using System.Net;
using System.Xml.Linq;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Protocols;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Sts;

public sealed class GetCallerIdentityTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private const string Query = "Action=GetCallerIdentity&Version=2011-06-15";

    private static readonly XNamespace s_space = "https://sts.amazonaws.com/doc/2011-06-15/";

    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Root_IsNamedWithItsAccount()
    {
        using var client = Server.Client("sts");
        using var form = new FormUrlEncodedContent([new("Action", "GetCallerIdentity"), new("Version", "2011-06-15")]);
        using var response = await client.PostAsync("/", form, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/xml");
        var answer = XDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).Root!;
        answer.Name.ShouldBe(s_space + "GetCallerIdentityResponse");
        var result = answer.Element(s_space + "GetCallerIdentityResult")!;
        result.Element(s_space + "Arn")!.Value.ShouldBe("arn:aws:iam::123456789012:root");
        result.Element(s_space + "UserId")!.Value.ShouldBe("123456789012");
        result.Element(s_space + "Account")!.Value.ShouldBe("123456789012");
        answer.Element(s_space + "ResponseMetadata")!.Element(s_space + "RequestId")!.Value
            .ShouldBe(response.Headers.GetValues("x-amzn-RequestId").Single());
    }

    [Fact]
    public async Task QueryString_DoesAsWellAsAForm()
    {
        using var client = Server.Client("sts");

        (await client.GetStringAsync($"/?{Query}", Cancel)).ShouldContain("<Account>123456789012</Account>");
    }

    [Fact]
    public async Task PresignedUrl_IsAnswered()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Server.Endpoint, $"/?{Query}"));
        Server.Signer("sts").Presign(request, [], TimeSpan.FromMinutes(1));

        (await Server.Http.GetStringAsync(request.RequestUri, Cancel)).ShouldContain("<Account>123456789012</Account>");
    }
}
