using System.Net;
using System.Xml.Linq;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Sts;

public sealed class GetCallerIdentityTests
{
    private static readonly XNamespace s_space = "https://sts.amazonaws.com/doc/2011-06-15/";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Root_IsNamedWithItsAccount()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        using var client = server.Client("sts");
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
}
