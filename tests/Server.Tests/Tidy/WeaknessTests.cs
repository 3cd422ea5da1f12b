using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

/// <summary>
/// The tables of docs/rotation.md that name the tests of each weakness of AWS's templates and of each invariant: none is missing, each
/// named test exists and bears the number, and each numbered test belongs to a row.
/// </summary>
public sealed class WeaknessTests
{
    private const string OutOfScope = "out of scope: ";

    private static readonly Regex Number = new("^[WV][0-9]+$", RegexOptions.NonBacktracking);

    private static readonly Regex Numbered = new("^(?<number>[WV][0-9]+)_", RegexOptions.NonBacktracking);

    private static readonly Regex Named = new("`(?<type>[A-Za-z0-9]+)\\.(?<method>[A-Za-z0-9_]+)`", RegexOptions.NonBacktracking);

    private static readonly (string Number, string Phrase, string Tests)[] Rows =
    [
        .. SourceTree.Lines("docs/rotation.md").Where(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => Number.IsMatch(cells[1])).Select(cells => (cells[1], cells[2], cells[3])),
    ];

    private static readonly HashSet<(string Type, string Method)> Tests =
    [
        .. from path in SourceTree.CSharp("tests")
        from method in SourceTree.Nodes<MethodDeclarationSyntax>(path)
        where method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString() is "Fact" or "Theory")
        select (((TypeDeclarationSyntax)method.Parent!).Identifier.Text, method.Identifier.Text),
    ];

    [Fact]
    public void EveryWeaknessAndInvariant_HasARow()
    {
        var wanted = Enumerable.Range(1, 30).Select(number => $"W{number}").Concat(Enumerable.Range(1, 12).Select(number => $"V{number}"));
        Rows.Select(row => row.Number).ShouldBe(wanted);
        Rows.Where(row => row.Phrase.Length == 0).Select(row => row.Number).ShouldBeEmpty();
    }

    [Fact]
    public void EveryRow_NamesTestsThatExist_OrSaysWhyNot()
    {
        foreach (var (number, _, tests) in Rows)
        {
            if (tests.StartsWith(OutOfScope, StringComparison.Ordinal))
            {
                tests.Length.ShouldBeGreaterThan(OutOfScope.Length + 10, number);
                continue;
            }
            var named = tests.Split(", ").Select(test => Named.Match(test)).ToArray();
            named.ShouldAllBe(match => match.Success, $"{number}: {tests}");
            foreach (var match in named)
            {
                var (type, method) = (match.Groups["type"].Value, match.Groups["method"].Value);
                method.ShouldStartWith(number + "_");
                Tests.ShouldContain((type, method), $"{number}: no test is called {type}.{method}");
            }
        }
    }

    [Fact]
    public void EveryNumberedTest_BelongsToARow()
    {
        var inScope = Rows.Where(row => !row.Tests.StartsWith(OutOfScope, StringComparison.Ordinal)).Select(row => row.Number).ToHashSet();
        Tests.Where(test => Numbered.Match(test.Method) is { Success: true } match && !inScope.Contains(match.Groups["number"].Value))
            .ShouldBeEmpty();
    }
}
