using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

public sealed class PublicAccessTests
{
    // Effect | element | principal | condition or - | whether it is broad
    private const string Cases = """
        Allow | Principal | "*" | - | broad
        Allow | Principal | {"AWS":"*"} | - | broad
        Allow | Principal | {"AWS":["111111111111","*"]} | - | broad
        Allow | NotPrincipal | {"AWS":"111111111111"} | - | broad
        Allow | Principal | {"AWS":"111111111111"} | - | confined
        Allow | Principal | {"AWS":"arn:aws:iam::222222222222:root"} | - | confined
        Allow | Principal | {"Service":"lambda.amazonaws.com"} | - | confined
        Allow | Principal | {"Federated":"accounts.google.com"} | - | confined
        Deny | Principal | "*" | - | confined
        Deny | NotPrincipal | {"AWS":"111111111111"} | - | confined
        # Fixed values of who or where.
        Allow | Principal | "*" | {"StringEquals":{"aws:SourceAccount":"111111111111"}} | confined
        Allow | Principal | "*" | {"StringEquals":{"AWS:sourceaccount":["111111111111","222222222222"]}} | confined
        Allow | Principal | "*" | {"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:111111111111:t"}} | confined
        Allow | Principal | "*" | {"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/r"}} | confined
        Allow | Principal | "*" | {"StringEquals":{"aws:SourceVpc":"vpc-91237329"}} | confined
        Allow | Principal | "*" | {"StringEquals":{"aws:SourceVpce":"vpce-1"}} | confined
        Allow | Principal | "*" | {"StringEquals":{"aws:PrincipalOrgID":"o-abc"}} | confined
        Allow | Principal | "*" | {"StringEquals":{"aws:PrincipalAccount":"111111111111"}} | confined
        Allow | Principal | "*" | {"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/r-1/"}} | confined
        Allow | Principal | "*" | {"StringLike":{"aws:userid":"AROAEXAMPLE:session"}} | confined
        Allow | Principal | "*" | {"StringEquals":{"aws:SourceVpc":"vpc-1"},"Bool":{"aws:SecureTransport":"true"}} | confined
        Allow | NotPrincipal | {"AWS":"111111111111"} | {"StringEquals":{"aws:PrincipalOrgID":"o-abc"}} | confined
        # A wildcard or a variable is no fixed value.
        Allow | Principal | "*" | {"StringLike":{"aws:SourceVpc":"vpc-*"}} | broad
        Allow | Principal | "*" | {"StringEquals":{"aws:PrincipalOrgID":"*"}} | broad
        Allow | Principal | "*" | {"StringLike":{"aws:PrincipalAccount":"11111111111?"}} | broad
        Allow | Principal | "*" | {"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-*"]}} | broad
        Allow | Principal | "*" | {"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}} | broad
        Allow | Principal | "*" | {"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:*"}} | broad
        Allow | Principal | "*" | {"StringEquals":{"aws:PrincipalArn":"${aws:SourceArn}"}} | broad
        Allow | Principal | "*" | {"StringLike":{"aws:userid":"AROAEXAMPLE:*"}} | broad
        # Conditions that an absent key or the wrong caller passes, or that confine something else.
        Allow | Principal | "*" | {"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}} | broad
        Allow | Principal | "*" | {"ForAllValues:StringEquals":{"aws:SourceVpc":"vpc-1"}} | broad
        Allow | Principal | "*" | {"StringNotEquals":{"aws:SourceVpc":"vpc-1"}} | broad
        Allow | Principal | "*" | {"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/r"}} | broad
        Allow | Principal | "*" | {"Null":{"aws:SourceVpc":"false"}} | broad
        Allow | Principal | "*" | {"Bool":{"aws:SecureTransport":"true"}} | broad
        Allow | Principal | "*" | {"StringEquals":{"secretsmanager:VersionStage":"AWSCURRENT"}} | broad
        Allow | Principal | "*" | {"StringEquals":{"aws:PrincipalTag/team":"red"}} | broad
        Allow | Principal | "*" | {} | broad
        # Ranges of addresses, unless they are as good as everywhere.
        Allow | Principal | "*" | {"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}} | confined
        Allow | Principal | "*" | {"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}} | confined
        Allow | Principal | "*" | {"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}} | broad
        Allow | Principal | "*" | {"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/1"]}} | broad
        Allow | Principal | "*" | {"IpAddress":{"aws:SourceIp":"2001::/16"}} | broad
        Allow | Principal | "*" | {"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}} | broad
        Allow | Principal | "*" | {"IpAddress":{"aws:VpcSourceIp":"203.0.113.0/24"}} | broad
        """;

    public static TheoryData<string, string, string, string, bool> CaseRows =>
        [.. Table.Rows(Cases, 5).Select(row => (row[0], row[1], row[2], row[3], row[4] == "broad"))];

    [Theory]
    [MemberData(nameof(CaseRows))]
    public void BroadAccess_IsFound(string effect, string element, string principal, string condition, bool isBroad)
    {
        var found = PublicAccess.Find(Parse(Statement(effect, element, principal, condition)));
        (found is not null).ShouldBe(isBroad);
    }

    [Fact]
    public void FirstBroadStatement_IsNamed()
    {
        var policy = Parse(
            Statement("Allow", "Principal", "{\"AWS\":\"111111111111\"}", "-") + "," + Statement("Deny", "Principal", "\"*\"", "-") + ","
            + Statement("Allow", "Principal", "\"*\"", "-"));
        PublicAccess.Find(policy)!.Index.ShouldBe(2);
    }

    private static PolicyDocument Parse(string statements) =>
        PolicyDocument.Parse("{\"Version\":\"2012-10-17\",\"Statement\":[" + statements + "]}", PolicyKind.Resource);

    private static string Statement(string effect, string element, string principal, string condition)
    {
        var rest = condition == "-" ? "" : $", \"Condition\": {condition}";
        return $$"""{"Effect":"{{effect}}","{{element}}":{{principal}},"Action":"secretsmanager:*","Resource":"*"{{rest}} }""";
    }
}
