using System.Xml.Linq;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

public sealed class PackageTests
{
    private static readonly XDocument Versions = XDocument.Parse(SourceTree.Read("Directory.Packages.props"));

    private static readonly string[] Projects = [.. SourceTree.Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))];

    [Fact]
    public void EveryPackage_SaysWhyItIsThere() =>
        Versions.Descendants("PackageVersion").Where(package => package.NodesBeforeSelf().LastOrDefault() is not XComment)
            .Select(package => package.Attribute("Include")!.Value).ShouldBeEmpty();

    [Fact]
    public void EveryProject_HasALockFile() =>
        Projects.Where(path => !SourceTree.Exists(Path.GetDirectoryName(path) + "/packages.lock.json")).ShouldBeEmpty();

    [Fact]
    public void EveryProject_IsInTheSolution() =>
        Projects.Where(path => !SourceTree.Read("Rekey.slnx").Contains($"\"{path}\"")).ShouldBeEmpty();

    /// <summary>
    /// Drivers of rotated engines stay in Rotators, the server has its storage drivers, no test library reaches the product.
    /// </summary>
    [Theory]
    [InlineData("src/Aws/Aws.csproj")]
    [InlineData("src/Rotators/Rotators.csproj", "Npgsql")]
    [InlineData("src/Server/Server.csproj", "Npgsql", "Microsoft.Data.Sqlite.Core", "SQLitePCLRaw.provider.e_sqlite3")]
    [InlineData("src/Rekey/Rekey.csproj", "System.CommandLine", "Spectre.Console")]
    public void Product_ReferencesOnlyWhatItNeeds(string project, params string[] packages) =>
        XDocument.Parse(SourceTree.Read(project)).Descendants("PackageReference")
            .Select(reference => reference.Attribute("Include")!.Value)
            .ShouldBe(packages, ignoreOrder: true);
}
