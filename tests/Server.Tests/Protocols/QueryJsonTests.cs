using System.Text;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols;

/// <summary>Forms become JSON along the input shape, JSON becomes XML along the output shape; shown on shapes of STS.</summary>
public sealed class QueryJsonTests
{
    [Theory]
    [InlineData("RoleArn=arn%3Aa&DurationSeconds=900", """{"RoleArn":"arn:a","DurationSeconds":900}""")]
    [InlineData("RoleArn=a+b&Unknown=1&Action=AssumeRole", """{"RoleArn":"a b"}""")]
    [InlineData("DurationSeconds=soon", """{"DurationSeconds":"soon"}""")]
    [InlineData("DurationSeconds=9%200", """{"DurationSeconds":"9 0"}""")]
    [InlineData("TransitiveTagKeys.member.1=a&TransitiveTagKeys.member.2=b", """{"TransitiveTagKeys":["a","b"]}""")]
    [InlineData("TransitiveTagKeys.member.2=b", """{"TransitiveTagKeys":[]}""")]
    [InlineData(
        "Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l", """{"Tags":[{"Key":"k","Value":"v"},{"Key":"l"}]}""")]
    [InlineData("", "{}")]
    public void Form_BecomesJson(string form, string expected)
    {
        using var buffer = ResponseBuffer.Rent();
        QueryJson.Write(buffer.Json, QueryForm.Parse(Encoding.ASCII.GetBytes(form)), ServiceModel.Get("sts").Operation("AssumeRole").Input);

        Encoding.UTF8.GetString(buffer.Written.Span).ShouldBe(expected);
    }

    [Fact]
    public void Result_BecomesXml()
    {
        const string Result = """{"Credentials":{"AccessKeyId":"A&B","Expiration":"2026-01-01T00:00:00Z"},"PackedPolicySize":6}""";
        using var buffer = ResponseBuffer.Rent();
        AwsQueryXml.WriteResult(buffer, ServiceModel.Get("sts").Operation("AssumeRole"), "urn:x", Encoding.UTF8.GetBytes(Result), "id");

        Encoding.UTF8.GetString(buffer.Written.Span).ShouldBe(
            """
            <AssumeRoleResponse xmlns="urn:x">
              <AssumeRoleResult>
                <Credentials>
                  <AccessKeyId>A&amp;B</AccessKeyId>
                  <Expiration>2026-01-01T00:00:00Z</Expiration>
                </Credentials>
                <PackedPolicySize>6</PackedPolicySize>
              </AssumeRoleResult>
              <ResponseMetadata>
                <RequestId>id</RequestId>
              </ResponseMetadata>
            </AssumeRoleResponse>
            """);
    }
}
