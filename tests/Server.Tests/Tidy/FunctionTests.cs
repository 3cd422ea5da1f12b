using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

public sealed class FunctionTests
{
    private const int LinesMax = 70;

    private static readonly string[] Code = [.. SourceTree.CSharp()];

    [Fact]
    public void NoFunction_IsLongerThanItsLimit() =>
        Code.SelectMany(SourceTree.Nodes<SyntaxNode>).Where(IsFunction)
            .Select(node => (node, count: LineCount(node)))
            .Where(function => function.count > LinesMax)
            .Select(function => $"{SourceTree.Place(function.node)}: {function.count} lines").ShouldBeEmpty();

    [Fact]
    public void CancellationToken_IsLastAndRequired() =>
        SourceTree.CSharp("src").SelectMany(SourceTree.Nodes<ParameterListSyntax>)
            .Where(list => list.Parent is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or DelegateDeclarationSyntax)
            .Where(list => list.Parameters.Any(parameter => parameter.Type?.ToString() == "CancellationToken"
                && (parameter != list.Parameters[^1] || parameter.Default is not null)))
            .Select(SourceTree.Place).ShouldBeEmpty();

    [Fact]
    public void EveryRegex_IsNonBacktracking()
    {
        var made = SourceTree.CSharp().SelectMany(SourceTree.Nodes<ObjectCreationExpressionSyntax>)
            .Where(creation => creation.Type.ToString() == "Regex").Cast<SyntaxNode>();
        var generated = SourceTree.CSharp().SelectMany(SourceTree.Nodes<AttributeSyntax>)
            .Where(attribute => attribute.Name.ToString() == "GeneratedRegex");
        made.Concat(generated).Where(node => !node.ToString().Contains("NonBacktracking")).Select(SourceTree.Place).ShouldBeEmpty();
    }

    [Fact]
    public void NoFailure_IsSwallowedInSilence() =>
        Code.SelectMany(SourceTree.Nodes<CatchClauseSyntax>)
            .Where(clause => clause.Declaration?.Type.ToString() is null or "Exception"
                && clause.Block.Statements.Count == 0
                && !clause.Block.DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia)))
            .Select(SourceTree.Place).ShouldBeEmpty();

    private static bool IsFunction(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax or PropertyDeclarationSyntax;

    private static int LineCount(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
