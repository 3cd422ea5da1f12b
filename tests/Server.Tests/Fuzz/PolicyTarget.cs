using System.Text;
using Rekey.Server.Authorization.Policies;
using Rekey.Server.SecretsManager;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Policies of each kind. A refusal names a place within the text; a policy that was taken says the same in its compact and in its printed
/// form, which turn into each other.
/// </summary>
internal sealed class PolicyTarget : FuzzTarget
{
    private const int TextCharsMax = 2000;

    /// <summary>Beyond, the printed form may be longer than a policy may be.</summary>
    private const int PrettyCharsMax = 5000;

    private static readonly string[] s_principals =
    [
        "\"*\"", "{\"AWS\":\"123456789012\"}", "{\"AWS\":[\"arn:aws:iam::123456789012:user/a\",\"*\"]}",
        "{\"Service\":\"lambda.amazonaws.com\"}", "{}",
    ];

    private static readonly string[] s_conditions =
    [
        "{}", "{\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}", "{\"StringLike\":{\"aws:PrincipalArn\":[\"arn:aws:iam::*:role/?\"]}}",
        "{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}", "{\"NumericLessThan\":{\"secretsmanager:RecoveryWindowInDays\":7}}",
        "{\"DateGreaterThan\":{\"aws:CurrentTime\":\"2026-01-01T00:00:00Z\"}}", "{\"ForAllValues:StringEquals\":{\"aws:TagKeys\":[\"a\"]}}",
        "{\"BoolIfExists\":{\"aws:SecureTransport\":\"false\"}}", "{\"Null\":{\"aws:TokenIssueTime\":true}}",
        "{\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:s3:::${aws:username}\"}}",
    ];

    public override string Name => "policy";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. new[]
    {
        "", "{}", "[]", "null", "{\"Statement\":[]}", "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\"}}",
        Statement("Allow", "\"*\"", "{}"),
        Statement("Deny", "{\"AWS\":\"123456789012\"}", "{\"Bool\":{\"aws:SecureTransport\":\"false\"}}"),
        """{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"s","Effect":"Deny","NotAction":["a:b*"],"NotResource":"*"}]}""",
    }.Select(Encoding.UTF8.GetBytes)];

    public override IReadOnlyList<string> Words { get; } =
    [
        "\"Version\":\"2012-10-17\",", "\"Version\":\"2008-10-17\",", "\"Id\":", "\"Statement\":", "\"Sid\":", "\"Effect\":",
        "\"Allow\"", "\"Deny\"",
        "\"Principal\":", "\"NotPrincipal\":", "\"Action\":", "\"NotAction\":", "\"Resource\":", "\"NotResource\":", "\"Condition\":",
        "\"*\"",
        "\"secretsmanager:Get*\"", "\"arn:aws:iam::123456789012:root\"", "${aws:username}", "${", "${*}", "*", "?", "{", "}", "[", "]",
        ",", ":",
        "\"", "\\u0000", "\\ud800", "null", "true", "\n", "é", .. s_principals, .. s_conditions,
    ];

    public override byte[] Generate(Random random) => Encoding.UTF8.GetBytes(Statement(
        random.Next(2) == 0 ? "Allow" : "Deny",
        s_principals[random.Next(s_principals.Length)],
        s_conditions[random.Next(s_conditions.Length)]));

    public override void Check(byte[] input)
    {
        foreach (var kind in Enum.GetValues<PolicyKind>())
        {
            var policy = Measured(input, () => Parse(input, kind));
            if (policy is null) continue;
            PublicAccess.Find(policy);
            var text = Encoding.UTF8.GetString(input);
            var (compact, pretty) = (ResourcePolicyText.Compact(text), ResourcePolicyText.Pretty(text));
            ResourcePolicyText.Compact(pretty).ShouldBe(compact);
            ResourcePolicyText.Pretty(compact).ShouldBe(pretty);
            Said(Parse(Encoding.UTF8.GetBytes(compact), kind)).ShouldBe(Said(policy));
            if (pretty.Length <= PrettyCharsMax) Said(Parse(Encoding.UTF8.GetBytes(pretty), kind)).ShouldBe(Said(policy));
        }
    }

    private static string Said(PolicyDocument? policy)
    {
        policy.ShouldNotBeNull();
        var statements = policy.Statements.Select(statement => $"{statement.Sid} {statement.Effect} {statement.Conditions.Length}");
        return $"{policy.Version} {policy.Id} {PublicAccess.Find(policy)?.Index}: {string.Join(", ", statements)}";
    }

    private static string Statement(string effect, string principal, string condition) =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"{{effect}}","Principal":{{principal}},"Action":"secretsmanager:*","""
        + $$""" "Resource":"*","Condition":{{condition}}}]}""";

    private static PolicyDocument? Parse(byte[] text, PolicyKind kind)
    {
        try
        {
            return PolicyDocument.Parse(text, kind);
        }
        catch (PolicySyntaxException fault)
        {
            fault.Line.ShouldBeInRange(1, text.Count(unit => unit is (byte)'\n' or (byte)'\r') + 1);
            fault.Column.ShouldBeInRange(1, text.Length + 1);
            fault.Path.ShouldStartWith("$", Case.Sensitive);
            fault.Message.Length.ShouldBeInRange(1, TextCharsMax);
            return null;
        }
    }
}
