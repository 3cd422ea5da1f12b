using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

/// <summary>Each AWS operation is one file of its name, says what it answers, and is called by name in tests.</summary>
public sealed class OperationTests
{
    private static readonly ClassDeclarationSyntax[] Operations =
    [
        .. SourceTree.CSharp("src/Server").SelectMany(SourceTree.Nodes<ClassDeclarationSyntax>)
            .Where(type => type.BaseList?.Types.Any(found => found.ToString().StartsWith("IOperation<", StringComparison.Ordinal)) == true),
    ];

    [Fact]
    public void EveryOperation_HasAFileOfItsName() =>
        Operations.Where(type => Path.GetFileNameWithoutExtension(type.SyntaxTree.FilePath) != type.Identifier.Text)
            .Select(SourceTree.Place).ShouldBeEmpty();

    [Theory]
    [InlineData("/// <summary>")]
    [InlineData("Errors: ")]
    [InlineData("Source: ")]
    public void EveryOperation_Documents(string part) =>
        Operations.Where(type => !type.GetLeadingTrivia().ToFullString().Contains(part)).Select(SourceTree.Place).ShouldBeEmpty();

    [Fact]
    public void EveryOperation_IsCalledInTests()
    {
        var called = SourceTree.CSharp("tests").SelectMany(SourceTree.Nodes<LiteralExpressionSyntax>)
            .Select(literal => literal.Token.ValueText.Split('.')[^1]).ToHashSet();
        Operations.Where(type => !called.Contains(type.Identifier.Text)).Select(SourceTree.Place).ShouldBeEmpty();
    }

    [Fact]
    public void Operations_AreFound() => Operations.ShouldNotBeEmpty();
}
