using FsCheck;
using FsCheck.Fluent;
using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>What holds for any statements and any request.</summary>
public sealed class PolicyProperties
{
    private const int Runs = 1_000;

    private static readonly string[] Actions =
        ["*", "secretsmanager:*", "secretsmanager:Get*", "secretsmanager:GetSecretValue", "SecretsManager:put?ecretValue", "kms:*"];

    private static readonly string[] Resources =
    [
        "*", "arn:aws:secretsmanager:*", PolicyScene.Secret, "arn:aws:secretsmanager:eu-*-1:*:secret:app/*",
        "arn:aws:secretsmanager:*:*:secret:${aws:username}/*", "arn:aws:sns:*",
    ];

    private static readonly string[] Principals =
    [
        "\"*\"", "{\"AWS\":\"111111111111\"}", "{\"AWS\":[\"111111111111\",\"arn:aws:iam::111111111111:user/alice\"]}",
        "{\"AWS\":\"arn:aws:iam::111111111111:role/reader\"}", "{\"Service\":\"lambda.amazonaws.com\"}",
    ];

    private static readonly string[] Conditions =
    [
        "{}", "{\"StringEquals\":{\"aws:username\":\"alice\"}}", "{\"StringNotLike\":{\"aws:username\":[\"a*\",\"b*\"]}}",
        "{\"ForAllValues:StringEquals\":{\"aws:TagKeys\":[\"a\",\"b\"]}}", "{\"StringEquals\":{\"aws:TagKeys\":\"a\"}}",
        "{\"Null\":{\"aws:username\":\"true\"}}", "{\"StringNotEquals\":{\"aws:TagKeys\":\"${aws:username}\"}}",
    ];

    private static readonly Dictionary<string, string[]>[] Contexts =
    [
        [], new() { ["aws:username"] = ["alice"] }, new() { ["aws:username"] = ["bob"], ["aws:TagKeys"] = ["a"] },
        new() { ["aws:TagKeys"] = ["a", "c"] },
    ];

    [Fact]
    public void AnyPolicy_SaysWhatTheReferenceSays() => Check((statements, request) =>
        PolicyScene.Verdict(Parse(statements), PolicyScene.Request(request))
            .ShouldBe(ReferencePolicy.Decide(Text(statements), request), Text(statements)));

    [Fact]
    public void MoreDenials_NeverAllow() => Check((statements, request) =>
    {
        var before = Decide(statements.Where(statement => !statement.Contains("Deny")), request);
        var after = Decide(statements, request);
        if (!before.IsAllowed) after.IsAllowed.ShouldBeFalse(Text(statements));
    });

    [Fact]
    public void MoreGrants_NeverDeny() => Check((statements, request) =>
    {
        for (var count = 1; count <= statements.Length; count++)
        {
            if (!statements[count - 1].Contains("Allow")) continue;
            var (before, after) = (Decide(statements[..(count - 1)], request), Decide(statements[..count], request));
            if (before.IsAllowed) after.IsAllowed.ShouldBeTrue(Text(statements));
            (after.Outcome == PolicyOutcome.ExplicitDeny).ShouldBe(before.Outcome == PolicyOutcome.ExplicitDeny, Text(statements));
        }
    });

    [Fact]
    public void Order_DoesNotMatter() => Check((statements, request) =>
        Decide(statements.Reverse(), request).Outcome.ShouldBe(Decide(statements, request).Outcome, Text(statements)));

    [Fact]
    public void Evaluation_AllocatesNothing()
    {
        var identity = PolicyDocument.Parse(
            """
            {"Statement":[
              {"Effect":"Allow","Action":"secretsmanager:Describe*","Resource":"*"},
              {"Effect":"Allow","Action":["secretsmanager:Get*","kms:Decrypt"],"Resource":"arn:aws:secretsmanager:*:*:secret:app/*"},
              {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},
              {"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:sns:*"}]}
            """,
            PolicyKind.Identity);
        var resource = PolicyDocument.Parse(
            """
            {"Statement":[
              {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/reader"},"Action":"secretsmanager:Get*","Resource":"*"},
              {"Effect":"Deny","Principal":"*","Action":"secretsmanager:Put*","Resource":"*"}]}
            """,
            PolicyKind.Resource);
        var policies = new PolicySet { Identity = [identity], Resource = resource };
        var request = PolicyScene.Request(PolicyScene.Asking(new Dictionary<string, string[]> { ["aws:SecureTransport"] = ["true"] }));
        PolicyEvaluator.Evaluate(request, policies).IsAllowed.ShouldBeTrue();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 100; round++) PolicyEvaluator.Evaluate(request, policies);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static PolicyDecision Decide(IEnumerable<string> statements, ReferenceRequest request)
    {
        var policies = statements.Any() ? new PolicySet { Resource = Parse(statements) } : PolicySet.None;
        return PolicyEvaluator.Evaluate(PolicyScene.Request(request), policies);
    }

    private static PolicyDocument Parse(IEnumerable<string> statements) => PolicyDocument.Parse(Text(statements), PolicyKind.Resource);

    private static string Text(IEnumerable<string> statements) =>
        "{\"Version\":\"2012-10-17\",\"Statement\":[" + string.Join(',', statements) + "]}";

    private static void Check(Action<string[], ReferenceRequest> body)
    {
        var statement = from effect in Gen.Elements("Allow", "Deny")
                        from principal in Element("Principal", Principals)
                        from action in Element("Action", [.. Actions.Select(action => $"\"{action}\"")])
                        from resource in Element("Resource", [.. Resources.Select(resource => $"\"{resource}\"")])
                        from condition in Gen.Elements(Conditions)
                        select $"{{\"Effect\":\"{effect}\",{principal},{action},{resource},\"Condition\":{condition}}}";
        var request = from caller in Gen.Elements(ReferencePrincipals.Callers.ToArray())
                      from action in Gen.Elements("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "kms:Decrypt")
                      from resource in Gen.Elements(PolicyScene.Secret, "arn:aws:secretsmanager:eu-west-1:1:secret:alice/x-AbCdEf", "*")
                      from context in Gen.Elements(Contexts)
                      select new ReferenceRequest(caller, action, resource, context);
        var cases = from count in Gen.Choose(1, 5)
                    from statements in statement.ArrayOf(count)
                    from asked in request
                    select (statements, asked);
        Prop.ForAll(cases.ToArbitrary(), item => body(item.statements, item.asked)).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
    }

    private static Gen<string> Element(string name, string[] values) =>
        from element in Gen.Frequency((4, Gen.Constant(name)), (1, Gen.Constant("Not" + name)))
        from value in Gen.Elements(values)
        select $"\"{element}\":{value}";
}
