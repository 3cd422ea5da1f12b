using System.Text.Json;
using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>Actions, resources and principals, each also negated, in both versions, against the reference.</summary>
public sealed class StatementMatrixTests
{
    private static readonly string[][] Actions =
    [
        ["*"], ["secretsmanager:*"], ["SecretsManager:getsecretvalue"], ["secretsmanager:Get*"], ["secretsmanager:?et*Value"],
        ["secretsmanager:*Secret", "kms:*"], ["kms:Decrypt"], ["*:*"], ["secretsmanager:GetSecretValu"], ["secretsmanager:GetSecretValue?"],
    ];

    private static readonly string[] AskedActions =
        ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:DescribeSecret", "kms:Decrypt"];

    private static readonly string[][] Resources =
    [
        ["*"], [PolicyScene.Secret], ["arn:aws:secretsmanager:*:*:secret:app/*"], ["arn:aws:secretsmanager:*"],
        ["arn:aws:secretsmanager:eu-*-1:111111111111:secret:app/db-??????"], ["arn:aws:secretsmanager:e*:111111111111:secret:*-AbCdEf"],
        ["arn:aws:secretsmanager:eu-west-1:1*1:*"], ["arn:aws:secretsmanager:eu-west-?:*:secret:App/db-*"],
        ["arn:aws:secretsmanager:*:*:secret:${aws:username}/*"], ["arn:aws:secretsmanager:*:*:secret:${aws:unknown}/*"],
        ["arn:aws:secretsmanager:*:*:secret:${aws:unknown, 'app'}/*"], ["arn:aws:secretsmanager:*:*:secret:${*}*", "arn:aws:sns:*"],
        ["arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/two}*"], ["arn:aws:secretsmanager::111111111111:secret:*"],
    ];

    private static readonly string[] AskedResources =
    [
        PolicyScene.Secret, "arn:aws:secretsmanager:eu-west-1:111111111111:secret:alice/x-AbCdEf",
        "arn:aws:secretsmanager:eu-west-1:222222222222:secret:app/db-AbCdEf", "arn:aws:secretsmanager:eu:west-1:secret:app/db-AbCdEf",
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:*x-AbCdEf", "arn:aws:sns:eu-west-1:111111111111:topic", "*",
    ];

    private static readonly string[] Principals =
    [
        "\"*\"", """{"AWS":"*"}""", """{"AWS":"111111111111"}""", """{"AWS":"222222222222"}""",
        """{"AWS":"arn:aws:iam::111111111111:root"}""",
        """{"AWS":"arn:aws:iam::111111111111:user/alice"}""", """{"AWS":["arn:aws:iam::111111111111:user/alice","111111111111"]}""",
        """{"AWS":"arn:aws:iam::111111111111:user/Alice"}""", """{"AWS":"arn:aws:iam::111111111111:role/reader"}""",
        """{"AWS":["arn:aws:iam::111111111111:role/reader","arn:aws:sts::111111111111:assumed-role/reader/one"]}""",
        """
        {"AWS":["111111111111","arn:aws:iam::111111111111:role/reader","arn:aws:sts::111111111111:assumed-role/reader/one"]}
        """,
        """{"AWS":"arn:aws:sts::111111111111:assumed-role/reader/two"}""", """{"Service":"lambda.amazonaws.com"}""",
        """{"Service":["ec2.amazonaws.com"],"AWS":"111111111111"}""", """{"Federated":"accounts.google.com"}""",
    ];

    private readonly List<string> _differences = [];
    private int _evaluations;

    [Fact]
    public void ActionsAndResources_AgreeWithTheReference()
    {
        var policies = from version in (string[])["2008-10-17", "2012-10-17"]
                       from action in Negated("Action", Actions)
                       from resource in Negated("Resource", Resources)
                       select $$"""{"Version":"{{version}}","Statement":[{"Effect":"Allow",{{action}},{{resource}} }]}""";
        var requests = from action in AskedActions
                       from resource in AskedResources
                       select PolicyScene.Asking(Context, action: action, resource: resource);
        foreach (var policy in policies) Compare(policy, PolicyKind.Identity, requests);
        _differences.Take(5).ShouldBeEmpty();
        _evaluations.ShouldBeGreaterThanOrEqualTo(20_000);
    }

    [Fact]
    public void Principals_AgreeWithTheReference()
    {
        var policies = from effect in (string[])["Allow", "Deny"]
                       from element in (string[])["Principal", "NotPrincipal"]
                       from principal in Principals
                       select $$"""{"Statement":[{"Effect":"{{effect}}","{{element}}":{{principal}},"Action":"*","Resource":"*"}]}""";
        var requests = ReferencePrincipals.Callers.Select(caller => PolicyScene.Asking(Context, caller)).ToArray();
        foreach (var policy in policies) Compare(policy, PolicyKind.Resource, requests);
        _differences.Take(5).ShouldBeEmpty();
        _evaluations.ShouldBe(2 * 2 * Principals.Length * ReferencePrincipals.Callers.Count());
    }

    private static Dictionary<string, string[]> Context { get; } = new()
    {
        ["aws:username"] = ["alice"],
        ["aws:PrincipalTag/two"] = ["app", "alice"],
    };

    private void Compare(string text, PolicyKind kind, IEnumerable<ReferenceRequest> requests)
    {
        var policy = PolicyDocument.Parse(text, kind);
        foreach (var request in requests)
        {
            _evaluations++;
            var expected = ReferencePolicy.Decide(text, request);
            var found = PolicyScene.Verdict(policy, PolicyScene.Request(request));
            if (found != expected) _differences.Add($"'{found}' instead of '{expected}' for {request}: {text}");
        }
    }

    private static IEnumerable<string> Negated(string element, string[][] lists) =>
        from name in (string[])[element, "Not" + element]
        from values in lists
        select $"\"{name}\":{JsonSerializer.Serialize(values)}";
}
