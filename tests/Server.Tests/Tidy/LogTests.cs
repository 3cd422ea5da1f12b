using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

/// <summary>Log messages: an id in the folder's own block, once; parameters that cannot hold what a caller sent.</summary>
public sealed class LogTests
{
    private const int IdsPerBlock = 100;

    private static readonly Regex Id = new(
        @"^EventIds\.(?<block>\w+)( \+ (?<number>\d+))?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    /// <summary>Texts among these are ids, names, ARNs and error codes; the canary test holds the callers to that.</summary>
    private static readonly string[] PrintableTypes =
        ["ILogger", "Exception", "string", "int", "long", "double", "bool", "TimeSpan", "DateTimeOffset", "Uri", "FailureCause"];

    private static readonly MethodDeclarationSyntax[] Messages =
        [.. SourceTree.CSharp("src").SelectMany(SourceTree.Nodes<MethodDeclarationSyntax>).Where(method => Attribute(method) is not null)];

    [Fact]
    public void EveryMessage_HasAnIdOfItsFoldersBlock() =>
        Messages.Where(method => Parse(method) is not { } id || id.Block != FolderOf(method) || id.Number >= IdsPerBlock)
            .Select(SourceTree.Place).ShouldBeEmpty();

    [Fact]
    public void NoId_IsUsedTwice() =>
        Messages.Select(Parse).Where(id => id is not null).GroupBy(id => id)
            .Where(group => group.Count() > 1).Select(group => $"{group.Key}").ShouldBeEmpty();

    [Fact]
    public void EveryLogClass_NamesItsNextFreeId()
    {
        foreach (var group in Messages.GroupBy(method => (ClassDeclarationSyntax)method.Parent!))
        {
            var next = group.Max(method => Parse(method)?.Number ?? 0) + 1;
            var expected = $"Next free: {FolderOf(group.Key)} + {next}";
            group.Key.GetLeadingTrivia().ToFullString().ShouldContain(expected, customMessage: SourceTree.Place(group.Key));
        }
    }

    [Fact]
    public void NoParameter_CanHoldWhatACallerSent() =>
        Messages.SelectMany(method => method.ParameterList.Parameters)
            .Where(parameter => !PrintableTypes.Contains(parameter.Type!.ToString().TrimEnd('?').Split('<')[0]))
            .Select(parameter => $"{SourceTree.Place(parameter)}: {parameter}").ShouldBeEmpty();

    [Fact]
    public void Messages_AreFound() => Messages.ShouldNotBeEmpty();

    private static AttributeSyntax? Attribute(MethodDeclarationSyntax method) =>
        method.AttributeLists.SelectMany(list => list.Attributes).FirstOrDefault(attribute => attribute.Name.ToString() == "LoggerMessage");

    private static (string Block, int Number)? Parse(MethodDeclarationSyntax method)
    {
        var argument = Attribute(method)!.ArgumentList?.Arguments.FirstOrDefault()?.Expression.ToString() ?? "";
        var match = Id.Match(argument);
        if (!match.Success) return null;
        var number = match.Groups["number"];
        return (match.Groups["block"].Value, number.Success ? int.Parse(number.Value) : 0);
    }

    /// <summary>The folder below src/Server, or Server for what stands in none.</summary>
    private static string FolderOf(Microsoft.CodeAnalysis.SyntaxNode node) =>
        node.SyntaxTree.FilePath.Split('/') is ["src", "Server", var folder, _, ..] ? folder : "Server";
}
