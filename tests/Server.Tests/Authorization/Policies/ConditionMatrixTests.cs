using System.Text.Json;
using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>
/// Every operator, with and without IfExists and the set operators, with one and several values in the policy, and absent, single and
/// several in the request, for both effects: the reference decides what is right.
/// </summary>
public sealed class ConditionMatrixTests
{
    private const string Key = "aws:PrincipalTag/team";

    private static readonly string[] Effects = ["Allow", "Deny"];

    private static readonly Dictionary<string, (string[] Operators, string[][] Policy, string[][] Request)> Families = new()
    {
        ["text"] = (
            ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
            [
                ["red"], ["Red"], ["red", "blue"], ["r*"], ["*e?"], ["${aws:username}"], ["${aws:unknown}", "red"],
                ["${aws:unknown, 'red'}"], ["${*}"], ["${aws:username}*"], [""],
            ],
            [[], ["red"], ["RED"], ["alice"], ["blue", "red"], ["blue", "green"], ["*"], [""], ["alice*"]]),
        ["arn"] = (
            ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
            [
                ["arn:aws:sns:eu-west-1:111111111111:topic"], ["arn:aws:sns:*:111111111111:*"], ["arn:*:1111:topic"], ["*"],
                ["arn:aws:s?s:*:*:*", "arn:aws:iam::*:user/${aws:username}"], ["arn:aws:iam::111111111111:user/${aws:unknown}"],
            ],
            [
                [], ["arn:aws:sns:eu-west-1:111111111111:topic"], ["arn:aws:sqs:eu-west-1:222222222222:a:b"],
                ["arn:aws:sns:eu-west-1:222222222222:x:111111111111:topic"], ["arn:aws:iam::111111111111:user/alice"], ["topic"],
                ["arn:aws:sns:eu-west-1:111111111111:topic", "arn:aws:ec2:eu-west-1:111111111111:topic"],
            ]),
        ["numeric"] = (Ordered("Numeric"), [["10"], ["10", "20"], ["-1.5"], ["10.0"]], [[], ["10"], ["9.99"], ["20"], ["-2"], ["5", "30"]]),
        ["date"] = (
            Ordered("Date"),
            [["2025-01-01T00:00:00Z"], ["2025-01-01", "2026-06-30T12:00:00+02:00"], ["1735689600"], ["2025"]],
            [
                [], ["2025-01-01T00:00:00Z"], ["2024-12-31T23:59:59Z"], ["1735689600"], ["2026-06-30T10:00:00Z"],
                ["2024-01-01", "2027-01-01"],
            ]),
        ["boolean"] = (
            ["Bool"],
            [["true"], ["false"], ["true", "false"], ["True"]],
            [[], ["true"], ["false"], ["TRUE"], ["true", "false"]]),
        ["binary"] = (["BinaryEquals"], [["QUI="], ["QUI=", "QUM="], [""]], [[], ["QUI="], ["QUM="], ["QUI=", "QUM="], ["QUI=", "QUQ="]]),
        ["address"] = (
            ["IpAddress", "NotIpAddress"],
            [
                ["203.0.113.0/24"], ["203.0.113.7"], ["203.0.113.0/24", "2001:db8::/32"], ["0.0.0.0/0"], ["::/0"],
                ["::ffff:203.0.113.0/120"], ["203.0.113.9/25"],
            ],
            [
                [], ["203.0.113.7"], ["203.0.113.200"], ["198.51.100.1"], ["2001:db8:1::1"], ["2001:db9::1"], ["::ffff:203.0.113.7"],
                ["203.0.113.7", "198.51.100.1"],
            ]),
    };

    [Fact]
    public void EveryOperator_AgreesWithTheReference()
    {
        var evaluations = 0;
        var differences = new List<string>();
        var policies = from family in Families.Values
                       from name in family.Operators.SelectMany(Forms)
                       from wanted in family.Policy
                       from effect in Effects
                       select (Text: Policy(effect, name, wanted), family.Request);
        foreach (var (text, requests) in policies)
        {
            var policy = PolicyDocument.Parse(text, PolicyKind.Identity);
            differences.AddRange(requests.Select(given => Difference(text, policy, given)).OfType<string>());
            evaluations += requests.Length;
        }
        differences.Take(5).ShouldBeEmpty();
        evaluations.ShouldBeGreaterThanOrEqualTo(10_000);
    }

    [Fact]
    public void Null_AgreesWithTheReference()
    {
        var cases = from wanted in (string[][])[["true"], ["false"], ["true", "false"], ["TRUE"]]
                    from given in (string[][])[[], ["x"], [""], ["x", "y"]]
                    from effect in Effects
                    select (Text: Policy(effect, "Null", wanted), Given: given);
        foreach (var (text, given) in cases) Difference(text, PolicyDocument.Parse(text, PolicyKind.Identity), given).ShouldBeNull();
    }

    [Fact]
    public void NoOperator_IsLeftOut() =>
        Families.Values.SelectMany(family => family.Operators).Append("Null").Order().ShouldBe(ConditionOperator.Names.Order());

    private static string? Difference(string text, PolicyDocument policy, string[] given)
    {
        var context = new Dictionary<string, string[]> { ["aws:username"] = ["alice"] };
        if (given.Length > 0) context["AWS:principaltag/Team"] = given;
        var request = PolicyScene.Asking(context);
        var expected = ReferencePolicy.Decide(text, request);
        var found = PolicyScene.Verdict(policy, PolicyScene.Request(request));
        return found == expected ? null : $"'{found}' instead of '{expected}' for [{string.Join(", ", given)}]: {text}";
    }

    private static string Policy(string effect, string name, string[] values) => $$"""
        {"Version":"2012-10-17","Statement":[
          {"Effect":"{{effect}}","Action":"*","Resource":"*",
           "Condition":{"{{name}}": {"{{Key}}": {{JsonSerializer.Serialize(values)}} } } }]}
        """;

    private static IEnumerable<string> Forms(string name) =>
        from set in (string[])["", "ForAllValues:", "ForAnyValue:"]
        from ending in (string[])["", "IfExists"]
        select set + name + ending;

    private static string[] Ordered(string type) =>
        [.. "Equals NotEquals LessThan LessThanEquals GreaterThan GreaterThanEquals".Split(' ').Select(end => type + end)];
}
