using System.Text.Json;
using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>Conditions by hand, from AWS's documentation and its examples.</summary>
public sealed class ConditionTests
{
    // Operator | values of the policy | values of the request, - when absent | whether it holds; ? when it cannot be said.
    // Several values stand between semicolons. The request has aws:username = bob; aws:unknown is absent.
    private const string Cases = """
        # Case-sensitive, ignoring case, with wildcards.
        StringEquals | queue | queue | yes
        StringEquals | queue | Queue | no
        StringEquals | a;b | b | yes
        StringEquals | a* | a* | yes
        StringEquals | a* | ab | no
        StringEqualsIgnoreCase | queue | QUEUE | yes
        StringEqualsIgnoreCase | a* | AB | no
        StringLike | home/* | home/bob | yes
        StringLike | home/* | Home/bob | no
        StringLike | t2.*;m3.* | m3.large | yes
        StringLike | t2.*;m3.* | c5.large | no
        StringLike | t?.micro | t2.micro | yes
        StringLike | ${*}x | *x | yes
        StringLike | ${*}x | yx | no
        StringLike | ${?}${$} | ?$ | yes
        # Negated: none of the values, and an absent key passes.
        StringNotEquals | a;b | c | yes
        StringNotEquals | a;b | b | no
        StringNotEquals | a | - | yes
        StringNotLike | a*;b* | ca | yes
        StringNotLike | a*;b* | ba | no
        StringNotEqualsIgnoreCase | A | a | no
        # Absent keys.
        StringEquals | a | - | no
        StringLike | * | - | no
        StringEqualsIfExists | a | - | yes
        StringLikeIfExists | t2.* | - | yes
        StringLikeIfExists | t2.* | c5.large | no
        StringNotEqualsIfExists | a | - | yes
        NumericLessThan | 10 | - | no
        NumericLessThanIfExists | 10 | - | yes
        DateLessThan | 2030-01-01T00:00:00Z | - | no
        Bool | true | - | no
        BoolIfExists | true | - | yes
        IpAddress | 0.0.0.0/0 | - | no
        NotIpAddress | 0.0.0.0/0 | - | yes
        ArnLike | arn:*:*:*:*:* | - | no
        ArnNotLike | arn:*:*:*:*:* | - | yes
        Null | true | - | yes
        Null | false | - | no
        Null | true | x | no
        Null | false | x | yes
        Null | false | x;y | yes
        # Numbers.
        NumericEquals | 10 | 10.0 | yes
        NumericEquals | 10 | 1e1 | yes
        NumericNotEquals | 10 | 11 | yes
        NumericLessThan | 10 | 9.999 | yes
        NumericLessThan | 10 | 10 | no
        NumericLessThanEquals | 10 | 10 | yes
        NumericGreaterThan | -1 | 0 | yes
        NumericGreaterThanEquals | 5;7 | 5 | yes
        NumericEquals | 10 | ten | no
        # Dates: ISO 8601 or seconds since 1970, on either side.
        DateGreaterThan | 2020-01-01T00:00:01Z | 2020-01-01T00:00:02Z | yes
        DateGreaterThan | 2020-01-01T00:00:01Z | 2020-01-01T00:00:01Z | no
        DateEquals | 2020-01-01T00:00:00Z | 1577836800 | yes
        DateEquals | 1577836800 | 2020-01-01T01:00:00+01:00 | yes
        DateEquals | 2020-01-01 | 2020-01-01T00:00:00Z | yes
        DateEquals | 2020-01 | 2020-01-01T00:00:00.000Z | yes
        DateEquals | 2020 | 2020-01-01T00:00Z | yes
        DateNotEquals | 2020 | 2021-01-01 | yes
        DateLessThanEquals | 2020-01-01T00:00:00.5Z | 2020-01-01T00:00:00Z | yes
        DateGreaterThanEquals | -1 | 1970-01-01 | yes
        DateLessThan | 2030 | soon | no
        # Booleans, bytes.
        Bool | true | TRUE | yes
        Bool | false | true | no
        BinaryEquals | QmluYXJ5VmFsdWVJbkJhc2U2NA== | QmluYXJ5VmFsdWVJbkJhc2U2NA== | yes
        BinaryEquals | QUI= | QUM= | no
        BinaryEquals | QUI= | not base64 | no
        # Addresses: ranges, single ones, both families, mapped ones.
        IpAddress | 203.0.113.0/24 | 203.0.113.255 | yes
        IpAddress | 203.0.113.0/24 | 203.0.114.0 | no
        IpAddress | 203.0.113.0/24;2001:DB8:1234:5678::/64 | 2001:db8:1234:5678::9 | yes
        IpAddress | 203.0.113.7 | 203.0.113.7 | yes
        IpAddress | 203.0.113.7 | 203.0.113.8 | no
        IpAddress | 203.0.113.0/24 | ::ffff:203.0.113.9 | yes
        IpAddress | ::ffff:203.0.113.0/120 | 203.0.113.9 | yes
        IpAddress | ::ffff:203.0.113.9 | 203.0.113.9 | yes
        IpAddress | ::/0 | 203.0.113.9 | no
        IpAddress | 0.0.0.0/0 | 2001:db8::1 | no
        IpAddress | 0.0.0.0/0 | 255.255.255.255 | yes
        IpAddress | ::/0 | ffff:: | yes
        IpAddress | 203.0.113.99/24 | 203.0.113.1 | yes
        IpAddress | 203.0.113.0/24 | nowhere | no
        NotIpAddress | 203.0.113.0/24;198.51.100.0/24 | 198.51.100.1 | no
        NotIpAddress | 203.0.113.0/24;198.51.100.0/24 | 192.0.2.1 | yes
        # ARNs part by part: the example of the documentation, which StringLike matches.
        ArnLike | arn:aws:some:*:111122223333:finance/* | arn:aws:some:us-east-2:999999999999:store/abc:111122223333:finance/d.txt | no
        StringLike | arn:aws:some:*:111122223333:finance/* | arn:aws:some:us-east-2:999999999999:store/abc:111122223333:finance/d.txt | yes
        ArnEquals | arn:aws:sns:*:123456789012:t* | arn:aws:sns:eu-west-1:123456789012:topic | yes
        ArnLike | arn:aws:sns:*:123456789012:t* | arn:aws:sns:eu-west-1:123456789013:topic | no
        ArnLike | arn:aws:lambda:*:*:function:* | arn:aws:lambda:eu-west-1:123456789012:function:f:1 | yes
        ArnLike | * | arn:aws:sns:eu-west-1:123456789012:topic | no
        ArnLike | arn:aws:sns:eu-west-1:123456789012:Topic | arn:aws:sns:eu-west-1:123456789012:topic | no
        ArnNotEquals | arn:aws:sns:*:*:* | arn:aws:sqs:eu-west-1:123456789012:q | yes
        # Variables.
        StringEquals | ${aws:username} | bob | yes
        StringEquals | ${AWS:UserName} | bob | yes
        StringEquals | x-${aws:username}-${aws:username} | x-bob-bob | yes
        StringEquals | ${aws:unknown} | ${aws:unknown} | no
        StringEquals | ${aws:unknown, 'none'} | none | yes
        StringEquals | ${aws:unknown,'a}b'} | a}b | yes
        StringEquals | ${aws:unknown, ''} | x | no
        StringEquals | ${aws:username, 'none'} | bob | yes
        StringEquals | ${aws:unknown};b | b | yes
        StringNotEquals | ${aws:unknown} | b | no
        StringNotEquals | ${aws:unknown, 'x'} | b | yes
        StringNotEquals | ${aws:unknown} | - | yes
        StringLike | home/${aws:username}/* | home/bob/x | yes
        ArnLike | arn:aws:iam::*:user/${aws:username} | arn:aws:iam::111122223333:user/bob | yes
        Bool | ${aws:MultiFactorAuthPresent, 'TRUE'} | true | yes
        # Several values in the request.
        ForAllValues:StringEquals | a;b;c | a;b | yes
        ForAllValues:StringEquals | a;b | a;z | no
        ForAllValues:StringEquals | a | - | yes
        ForAllValues:StringEqualsIfExists | a | - | yes
        ForAllValues:StringNotEquals | a;b | c;d | yes
        ForAllValues:StringNotEquals | a;b | c;b | no
        ForAnyValue:StringEquals | a;b | z;a | yes
        ForAnyValue:StringEquals | a;b | y;z | no
        ForAnyValue:StringEquals | a | - | no
        ForAnyValue:StringNotEquals | a | - | no
        ForAnyValue:StringNotEquals | a;b | a;c | yes
        ForAnyValue:StringNotEquals | a;b | a;b | no
        ForAnyValue:StringEqualsIfExists | a | - | no
        ForAnyValue:StringLike | o-1/* | o-1/r/x;o-2/r | yes
        ForAllValues:StringLike | a* | a1;a2;b | no
        ForAnyValue:ArnLike | arn:aws:iam::*:role/x | arn:aws:iam::1:role/x;y | yes
        StringEquals | a;b | a;b | ?
        StringNotEquals | c | a;b | ?
        """;

    public static TheoryData<string, string, string, string> CaseRows =>
        [.. Table.Rows(Cases, 4).Select(row => (row[0], row[1], row[2], row[3]))];

    [Theory]
    [MemberData(nameof(CaseRows))]
    public void Conditions_Hold(string name, string wanted, string given, string holds)
    {
        var keys = new ContextKeys().Add("aws:username", "bob").Add("AWS:K", given == "-" ? [] : [.. given.Split(';')]);
        var answer = Condition(name, wanted.Split(';')).Holds(keys);
        (answer switch { true => "yes", false => "no", null => "?" }).ShouldBe(holds);
    }

    [Fact]
    public void EmptyText_IsAnEmptySetForAllValues()
    {
        var keys = new ContextKeys().Add("aws:k", "");
        Condition("ForAllValues:StringEquals", ["a"]).Holds(keys).ShouldBe(true);
        Condition("ForAnyValue:StringEquals", ["a"]).Holds(keys).ShouldBe(false);
        Condition("StringEquals", [""]).Holds(keys).ShouldBe(true);
    }

    /// <summary>A wildcard that comes from the request is a character, and so is what stands in for one inside our patterns.</summary>
    [Theory]
    [InlineData("*", "anything", false)]
    [InlineData("*", "*", true)]
    [InlineData("\uFDD0", "anything", false)]
    [InlineData("\uFDD0", "\uFDD0", false)]
    public void ValueOfVariable_IsLiteral(string username, string given, bool holds)
    {
        var keys = new ContextKeys().Add("aws:username", username).Add("aws:k", given);
        Condition("StringLike", ["${aws:username}"]).Holds(keys).ShouldBe(holds);
    }

    [Fact]
    public void OldVersion_KnowsNoVariables()
    {
        var keys = new ContextKeys().Add("aws:username", "bob").Add("aws:k", "${aws:username}");
        Condition("StringEquals", ["${aws:username}"], "2008-10-17").Holds(keys).ShouldBe(true);
        Condition("StringLike", ["${*}"], "2008-10-17").Holds(keys).ShouldBe(true);
    }

    [Fact]
    public void UnsaidCondition_NeitherGrantsNorSpares()
    {
        var request = PolicyScene.Request(PolicyScene.Asking(new Dictionary<string, string[]> { ["aws:k"] = ["a", "b"] }));
        PolicyScene.Verdict(Policy("Allow"), request).ShouldBe("");
        PolicyScene.Verdict(Policy("Deny"), request).ShouldBe("Deny");

        static PolicyDocument Policy(string effect) => PolicyDocument.Parse(
            $$"""
            {"Statement":[
              {"Effect":"{{effect}}","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:k":"a"} } }]}
            """,
            PolicyKind.Identity);
    }

    private static PolicyCondition Condition(string name, string[] values, string version = "2012-10-17")
    {
        var condition = "{\"" + name + "\":{\"aws:k\":" + JsonSerializer.Serialize(values) + "}}";
        return PolicyDocument.Parse(
            $$"""{"Version":"{{version}}","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{condition}} }]}""",
            PolicyKind.Identity).Statements[0].Conditions.ShouldHaveSingleItem();
    }
}
