using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

/// <summary>Words that stand for a missing name, for work left over, or for the machine of whoever wrote them.</summary>
public sealed class WordTests
{
    // Put together from pieces so that this file does not offend itself.
    private static readonly Regex LeftOver = new(@"\b(TO" + "DO|FIX" + "ME|HA" + "CK|XX" + @"X)\b", RegexOptions.NonBacktracking);

    private static readonly Regex Machine = new(
        @"(^|[^\w./}""])""?/(ro" + "ot|wo" + "rk|ho" + "me/[a-z]+|tmp/w" + @"t)/"
            + @"|nuget\.o" + @"rg/v3|api\.nuget\.o" + @"rg|npmjs\.(o" + @"rg|com)|(deb|security|ftp)\.deb" + "ian",
        RegexOptions.NonBacktracking);

    /// <summary>Names that say nothing. A type or folder named so has a better name or a better place.</summary>
    private static readonly string[] EmptyNames =
        ["Helper", "Helpers", "Manager", "Managers", "Util", "Utils", "Utility", "Utilities", "Common", "Misc"];

    [Fact]
    public void NoFile_LeavesWorkForLater() => Offences(LeftOver).ShouldBeEmpty();

    [Fact]
    public void NoFile_NamesAMachineOrAPackageRegistry() => Offences(Machine).ShouldBeEmpty();

    [Fact]
    public void NoFolder_HasAnEmptyName() =>
        SourceTree.Files.Where(path => path.Split('/').Any(part => EmptyNames.Contains(Path.GetFileNameWithoutExtension(part))))
            .ShouldBeEmpty();

    [Fact]
    public void NoType_HasAnEmptyName() =>
        SourceTree.CSharp().SelectMany(SourceTree.Nodes<BaseTypeDeclarationSyntax>)
            .Where(type => PascalWords(type.Identifier.Text).Any(word => EmptyNames.Contains(word)))
            .Select(type => $"{SourceTree.Place(type)}: {type.Identifier.Text}").ShouldBeEmpty();

    [Theory]
    [InlineData("LabelHelper", "Label Helper")]
    [InlineData("SecretsManagerErrors", "SecretsManager Errors")]
    [InlineData("CommonName", "Common Name")]
    public void PascalWords_KeepTheServicesName(string name, string words) => string.Join(' ', PascalWords(name)).ShouldBe(words);

    private static IEnumerable<string> Offences(Regex pattern) =>
        from path in SourceTree.Files
        where !SourceTree.IsVendored(path) && !IsBinary(path)
        from line in SourceTree.Lines(path).Select((text, index) => (text, number: index + 1))
        where pattern.IsMatch(line.text)
        select $"{path}:{line.number}: {line.text.Trim()}";

    private static bool IsBinary(string path) => Path.GetExtension(path) is ".png" or ".ico" or ".gz" or ".zip" or ".woff2";

    private static IEnumerable<string> PascalWords(string name) =>
        Regex.Matches(name, "SecretsManager|[A-Z]?[a-z0-9]+|[A-Z]+", RegexOptions.NonBacktracking).Select(match => match.Value);
}
