using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

/// <summary>A bound without a unit is misread, one without a source cannot be argued with.</summary>
public sealed class LimitTests
{
    private static readonly Regex Unit = new(
        "bytes|kib|characters|utf-16 units|seconds|minutes|hours|days|time |how long|how far|number|count|levels|versions|labels|keys"
            + "|entries|tags|parameters|violations|nesting|secrets|names|requests|attempts|lines|items|values",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase);

    private static readonly Regex Source = new(
        "guide|model|reference|quota|choice|default|rfc|cloudtrail|nist|derived|takes|recorded",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase);

    private static readonly FieldDeclarationSyntax[] Limits = [.. SourceTree.Nodes<FieldDeclarationSyntax>("src/Server/Limits.cs")];

    [Fact]
    public void EveryLimit_NamesItsUnit() =>
        Limits.Where(limit => limit.Declaration.Type.ToString() != "TimeSpan")
            .Where(limit => !Unit.IsMatch(limit.GetLeadingTrivia().ToFullString()))
            .Select(SourceTree.Place).ShouldBeEmpty();

    [Fact]
    public void EveryLimit_NamesItsSource() =>
        Limits.Where(limit => !Source.IsMatch(limit.GetLeadingTrivia().ToFullString())).Select(SourceTree.Place).ShouldBeEmpty();

    [Fact]
    public void Limits_AreFound() => Limits.ShouldNotBeEmpty();
}
