using System.Runtime.Versioning;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

/// <summary>Size and shape of files. A rule that is broken lists every offender.</summary>
public sealed class FileTests
{
    private const int LinesMax = 500;
    private const int MedianLinesMax = 80;
    private const int NinetiethPercentileLinesMax = 250;
    private const int ColumnsMax = 140;

    private static readonly string[] Code = [.. SourceTree.CSharp(), .. SourceTree.Under(".sql"), .. SourceTree.Scripts];

    [Fact]
    public void NoFile_IsLongerThanItsLimit() =>
        Code.Select(path => (path, count: SourceTree.Lines(path).Length))
            .Where(file => file.count > LinesMax)
            .Select(file => $"{file.path}: {file.count} lines").ShouldBeEmpty();

    [Fact]
    public void MostFiles_AreShort()
    {
        var counts = SourceTree.CSharp("src").Select(path => SourceTree.Lines(path).Length).Order().ToArray();
        counts[counts.Length / 2].ShouldBeLessThanOrEqualTo(MedianLinesMax);
        counts[counts.Length * 9 / 10].ShouldBeLessThanOrEqualTo(NinetiethPercentileLinesMax);
    }

    [Fact]
    public void NoLine_IsWiderThanItsLimit() =>
        Code.SelectMany(path => SourceTree.Lines(path).Select((line, index) => (path, number: index + 1, line.Length)))
            .Where(line => line.Length > ColumnsMax)
            .Select(line => $"{line.path}:{line.number}: {line.Length} columns").ShouldBeEmpty();

    [Fact]
    public void EveryFile_BearsTheNameOfATypeInIt() =>
        SourceTree.CSharp("src")
            .Where(path => Path.GetFileName(path) is not ("Program.cs" or "AssemblyInfo.cs"))
            .Where(path => !SourceTree.Nodes<BaseTypeDeclarationSyntax>(path)
                .Any(type => type.Identifier.Text == Path.GetFileNameWithoutExtension(path).Split('.')[0]))
            .ShouldBeEmpty();

    [Fact]
    public void EveryScript_StopsAtTheFirstError() =>
        SourceTree.Scripts.Where(path => !SourceTree.Read(path).Contains("\nset -euo pipefail\n")).ShouldBeEmpty();

    [Fact]
    [SupportedOSPlatform("linux")]
    public void EveryScript_IsExecutable() =>
        SourceTree.Scripts.Where(path => (File.GetUnixFileMode(Path.Combine(SourceTree.Root, path)) & UnixFileMode.UserExecute) == 0)
            .ShouldBeEmpty();
}
