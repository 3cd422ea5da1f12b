using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

public sealed class PolicyParserTests
{
    private const string Whole = """
        {
          "Version": "2012-10-17",
          "Id": "example",
          "Statement": [
            {
              "Sid": "First one",
              "Effect": "Allow",
              "Principal": { "AWS": ["123456789012", "arn:aws:iam::123456789012:role/app/reader"], "Service": "lambda.amazonaws.com" },
              "Action": ["secretsmanager:Get*", "secretsmanager:DescribeSecret"],
              "Resource": "*",
              "Condition": {
                "StringEquals": { "aws:PrincipalTag/team": ["a", "${aws:username}"] },
                "Bool": { "aws:SecureTransport": true }
              }
            },
            { "Effect": "Deny", "NotPrincipal": "*", "NotAction": "*", "NotResource": "arn:aws:secretsmanager:*:*:secret:prod/*" }
          ]
        }
        """;

    [Fact]
    public void Whole_KeepsEveryPartInOrder()
    {
        var policy = PolicyDocument.Parse(Whole, PolicyKind.Resource);

        policy.Version.ShouldBe(PolicyVersion.V2012);
        policy.Id.ShouldBe("example");
        var (first, second) = (policy.Statements[0], policy.Statements[1]);
        (first.Index, first.Sid, first.Effect).ShouldBe((0, "First one", PolicyEffect.Allow));
        first.Principals!.Principals.Select(principal => (principal.Form, principal.Text)).ShouldBe([
            (PrincipalForm.Account, "123456789012"),
            (PrincipalForm.Role, "arn:aws:iam::123456789012:role/app/reader"),
            (PrincipalForm.Service, "lambda.amazonaws.com")]);
        first.Actions.Patterns.Select(pattern => pattern.Text).ShouldBe(["secretsmanager:Get*", "secretsmanager:DescribeSecret"]);
        first.Conditions.Select(condition => (condition.Operator.Name, condition.Key, condition.Values.Length))
            .ShouldBe([("StringEquals", "aws:PrincipalTag/team", 2), ("Bool", "aws:SecureTransport", 1)]);
        (second.Index, second.Sid, second.Effect).ShouldBe((1, null, PolicyEffect.Deny));
        second.Principals!.IsNegated.ShouldBeTrue();
        second.Actions.IsNegated.ShouldBeTrue();
        second.Resources!.IsNegated.ShouldBeTrue();
    }

    [Fact]
    public void SyntaxError_TellsItsPlace()
    {
        var text = Whole.Replace("\"Deny\"", "\"deny\"", StringComparison.Ordinal);

        var error = Should.Throw<PolicySyntaxException>(() => PolicyDocument.Parse(text, PolicyKind.Resource));

        error.Described.ShouldBe("Line 16, column 17 ($.Statement[1].Effect): Effect must be Allow or Deny.");
        error.Fault.ShouldBe(PolicyFault.InvalidValue);
    }
}
