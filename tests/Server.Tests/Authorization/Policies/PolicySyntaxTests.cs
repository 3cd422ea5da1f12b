using System.Text;
using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

public sealed class PolicySyntaxTests
{
    private const char Mark = '▶';

    [Fact]
    public void MalformedPolicies_TellFaultAndPlace()
    {
        var cases = MalformedPolicies.All.ToArray();
        cases.Length.ShouldBeGreaterThanOrEqualTo(300);
        cases.Select(Difference).Where(difference => difference is not null).Take(10).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\u00EF")]
    [InlineData("{\"Id\":\"é")]
    public void InvalidUtf8_IsToldWithItsPlace(string before)
    {
        var error = Should.Throw<PolicySyntaxException>(
            () => PolicyDocument.Parse([.. Encoding.UTF8.GetBytes(before), 0xC3, 0x28], PolicyKind.Resource));

        (error.Fault, error.Line, error.Column).ShouldBe((PolicyFault.Json, 1, before.Length + 1));
        error.Message.ShouldBe("The text is not valid UTF-8.");
    }

    [Fact]
    public void LoneSurrogate_IsToldWithItsPlace()
    {
        var error = Should.Throw<PolicySyntaxException>(() => PolicyDocument.Parse("{\n \"Id\":\"\uD800\"}", PolicyKind.Resource));

        (error.Fault, error.Line, error.Column).ShouldBe((PolicyFault.Json, 2, 8));
    }

    [Fact]
    public void ByteOrderMark_IsRefused() =>
        Fault("\uFEFF{}").ShouldBe(PolicyFault.Json);

    [Fact]
    public void DeepAndLongTexts_AreRefused()
    {
        Fault(new string('[', 100_000)).ShouldBe(PolicyFault.TooLarge);
        var nested = string.Concat(Enumerable.Repeat("{\"Statement\":", 20_000 / 13));
        Fault(nested).ShouldBe(PolicyFault.UnknownElement);
    }

    [Fact]
    public void Longest_IsParsedAndOneMoreIsNot()
    {
        const string Start = """{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}""";
        var longest = Start + new string(' ', Limits.PolicyBytesMax - Start.Length);
        PolicyDocument.Parse(longest, PolicyKind.Resource).Statements.Length.ShouldBe(1);
        Fault(longest + " ").ShouldBe(PolicyFault.TooLarge);
    }

    // What stands at the edge of the grammar and within it: the rest of a statement of a resource policy.
    [Theory]
    [InlineData(""" "Sid":"", "Principal":"*", "Action":"*:*", "Resource":"*", "Condition":{} """)]
    [InlineData(""" "Sid":"a b-c", "Principal":{"AWS":["*"]}, "Action":"S3:get?*", "Resource":"arn:aws:s3:*", "Condition":{"Bool":{}} """)]
    [InlineData(""" "NotPrincipal":{"AWS":"AROAEXAMPLE0000000001"}, "NotAction":["*"], "NotResource":["arn:aws-cn:s3:::b/${a"] """)]
    [InlineData(""" "Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/a.b/id"}, "Action":"*", "Resource":"*" """)]
    [InlineData(""" "Principal":{"Service":"lambda.amazonaws.com.cn"}, "Action":"*", "Resource":"arn:aws:s3:::a", "Effect":"Deny" """)]
    public void Edges_AreAccepted(string rest)
    {
        var effect = rest.Contains("Effect") ? "" : "\"Effect\":\"Allow\",";
        var policy = PolicyDocument.Parse("{\"Id\":\"\",\"Statement\":{" + effect + rest + "}}", PolicyKind.Resource);
        policy.Statements.Length.ShouldBe(1);
    }

    [Fact]
    public void Version_DecidesOnVariablesWhereverItStands()
    {
        const string Rest =
            """
            "Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}
            """;
        HasVariables($$"""{"Version":"2012-10-17",{{Rest}}}""").ShouldBeTrue();
        HasVariables($$"""{{{Rest}},"Version":"2012-10-17"}""").ShouldBeTrue();
        HasVariables($$"""{{{Rest}},"\u0056ersion":"2012\u002d10-17"}""").ShouldBeTrue();
        HasVariables($$"""{{{Rest}},"Version":"2008-10-17"}""").ShouldBeFalse();
        HasVariables($$"""{"Id":"Version",{{Rest}}}""").ShouldBeFalse();
        HasVariables($$"""{{{Rest}}}""").ShouldBeFalse();
    }

    [Fact]
    public void RandomBytes_AreRefusedOrEvaluated()
    {
        const int Samples = 3_000;
        var random = new Random(11);
        var seeds = MalformedPolicies.All.Select(item => Encoding.UTF8.GetBytes(item.Marked.Replace(Mark.ToString(), ""))).ToArray();
        var parsed = 0;
        for (var sample = 0; sample < Samples; sample++)
        {
            var bytes = (byte[])seeds[random.Next(seeds.Length)].Clone();
            if (random.Next(8) == 0) random.NextBytes(bytes);
            for (var edits = bytes.Length == 0 ? 0 : random.Next(4); edits > 0; edits--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (PolicyFuzz.Run(bytes)) parsed++;
        }
        PolicyFuzz.Run("""{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"""u8).ShouldBeTrue();
        parsed.ShouldBeLessThan(Samples);
    }

    private static PolicyFault Fault(string text) =>
        Should.Throw<PolicySyntaxException>(() => PolicyDocument.Parse(text, PolicyKind.Resource)).Fault;

    private static bool HasVariables(string text) =>
        PolicyDocument.Parse(text, PolicyKind.Resource).Statements[0].Resources!.Patterns[0].HasVariables;

    private static string? Difference((PolicyKind Kind, PolicyFault Fault, string Marked) item)
    {
        var at = item.Marked.IndexOf(Mark);
        var text = at < 0 ? item.Marked : item.Marked.Remove(at, 1);
        try
        {
            PolicyDocument.Parse(text, item.Kind);
            return $"accepted: {text}";
        }
        catch (PolicySyntaxException error)
        {
            var isThere = at < 0 || (error.Line == 1 && error.Column == at + 1);
            return error.Fault == item.Fault && isThere && error.Path.StartsWith('$') && error.Message.EndsWith('.')
                ? null
                : $"{error.Fault} at {error.Column} instead of {item.Fault} at {at + 1}: {item.Marked} ({error.Described})";
        }
    }
}
