using FsCheck;
using FsCheck.Fluent;
using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

public sealed class WildcardsTests
{
    private const int Runs = 5_000;

    // Pattern | text | whether it matches. A run is *, one character ?.
    private const string Cases = """
        a | a | yes
        a | b | no
        a | aa | no
        * | anything | yes
        a* | a | yes
        a* | ab | yes
        a* | ba | no
        *a | ba | yes
        *a | ab | no
        a*b | ab | yes
        a*b | axxb | yes
        a*b | axxbx | no
        a*b*c | aXbXbXc | yes
        a*b*c | acb | no
        a**b | ab | yes
        ? | a | yes
        ? | ab | no
        ?? | ab | yes
        ?* | a | yes
        *? | abc | yes
        a?c | abc | yes
        a?c | ac | no
        a?c | aéc | yes
        a?c | a😀c | yes
        a??c | a😀c | no
        *😀 | x😀 | yes
        secret:*-?????? | secret:a-b-AbCdEf | yes
        secret:*-?????? | secret:a-b-AbCdE | no
        A | a | no
        """;

    public static TheoryData<string, string, bool> CaseRows => [.. Table.Rows(Cases, 3).Select(row => (row[0], row[1], row[2] == "yes"))];

    [Theory]
    [MemberData(nameof(CaseRows))]
    public void Patterns_Match(string pattern, string text, bool matches) => Wildcards.Matches(Compiled(pattern), text).ShouldBe(matches);

    [Fact]
    public void Empty_MatchesEmptyOnly()
    {
        Wildcards.Matches("", "").ShouldBeTrue();
        Wildcards.Matches("", "a").ShouldBeFalse();
        Wildcards.Matches(Compiled("*"), "").ShouldBeTrue();
        Wildcards.Matches(Compiled("?"), "").ShouldBeFalse();
    }

    [Fact]
    public void Case_IsIgnoredWhereAsked()
    {
        Wildcards.MatchesIgnoringCase(Compiled("SecretsManager:GET*"), "secretsmanager:GetSecretValue").ShouldBeTrue();
        Wildcards.Matches(Compiled("SecretsManager:GET*"), "secretsmanager:GetSecretValue").ShouldBeFalse();
    }

    [Fact]
    public void AnyPattern_MatchesAsTheNaiveMatcherDoes() => Check("ab*?", (pattern, text) =>
        Wildcards.Matches(Compiled(pattern), text) == Naive(Compiled(pattern), text));

    [Fact]
    public void AnyPatternWithSegments_MatchesAsTheNaiveMatcherDoes() => Check("a:*?+-", (pattern, text) =>
        Wildcards.MatchesSegments(Compiled(pattern), text) == Naive(Compiled(pattern), text));

    [Fact]
    public void WithoutSegments_BothMatchersAgree() => Check("a:*?", (pattern, text) =>
        Wildcards.MatchesSegments(Compiled(pattern), text) == Wildcards.Matches(Compiled(pattern), text));

    /// <summary>What makes a backtracking matcher run for ever.</summary>
    [Fact]
    public void ManyRuns_EndAtOnce()
    {
        var text = new string('a', 2_000);
        var pattern = string.Concat(Enumerable.Repeat("a*", 500)) + "b";
        Wildcards.Matches(Compiled(pattern), text).ShouldBeFalse();
        Wildcards.MatchesSegments(Compiled(pattern), text).ShouldBeFalse();
        Wildcards.MatchesSegments(Compiled(pattern.Replace('*', '+')), text).ShouldBeFalse();
    }

    private static string Compiled(string pattern) => pattern
        .Replace('*', Wildcards.AnyRun).Replace('?', Wildcards.AnyOne)
        .Replace('+', Wildcards.SegmentRun).Replace('-', pattern.Contains("secret") ? '-' : Wildcards.SegmentOne);

    private static bool Naive(string pattern, string text)
    {
        if (pattern.Length == 0) return text.Length == 0;
        var rest = pattern[1..];
        return pattern[0] switch
        {
            Wildcards.AnyRun => Naive(rest, text) || (text.Length > 0 && Naive(pattern, text[1..])),
            Wildcards.SegmentRun => Naive(rest, text) || (text.Length > 0 && text[0] != ':' && Naive(pattern, text[1..])),
            Wildcards.AnyOne => text.Length > 0 && Naive(rest, text[1..]),
            Wildcards.SegmentOne => text.Length > 0 && text[0] != ':' && Naive(rest, text[1..]),
            var unit => text.Length > 0 && text[0] == unit && Naive(rest, text[1..]),
        };
    }

    private static void Check(string alphabet, Func<string, string, bool> holds)
    {
        var pattern = Words(alphabet, 8);
        var text = Words(string.Concat(alphabet.Where(unit => !"*?+-".Contains(unit))) + "x", 10);
        var pairs = (from left in pattern from right in text select (left, right)).ToArbitrary();
        Prop.ForAll(pairs, pair => holds(pair.left, pair.right)).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
    }

    private static Gen<string> Words(string alphabet, int lengthMax) =>
        from length in Gen.Choose(0, lengthMax)
        from units in Gen.Elements(alphabet.ToCharArray()).ArrayOf(length)
        select new string(units);
}
