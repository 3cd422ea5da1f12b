using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

public sealed class VendoredTests
{
    /// <summary>Whoever copies a folder of other people's data out of here finds its terms in it.</summary>
    [Fact]
    public void OtherPeoplesData_HasItsLicenceBesideIt()
    {
        var folders = SourceTree.Files.Where(SourceTree.IsVendored).Select(path => path[..End(path)]).Distinct().ToArray();
        folders.ShouldNotBeEmpty();
        folders.Where(folder => !Covered(folder)).ShouldBeEmpty();
    }

    private static int End(string path) =>
        new[] { "/Models/", "/Vectors/" }
            .Select(mark => (at: path.IndexOf(mark, StringComparison.Ordinal), mark))
            .Where(found => found.at >= 0).Select(found => found.at + found.mark.Length).First();

    /// <summary>The licence stands in the folder itself, or in each folder directly below it.</summary>
    private static bool Covered(string folder)
    {
        if (HasTerms(folder)) return true;
        var inside = SourceTree.Files.Where(path => path.StartsWith(folder, StringComparison.Ordinal))
            .Select(path => path[folder.Length..]);
        return inside.All(path => path.Contains('/') && HasTerms(folder + path[..(path.IndexOf('/') + 1)]));
    }

    private static bool HasTerms(string folder) => SourceTree.Exists(folder + "LICENSE") && SourceTree.Exists(folder + "NOTICE");
}
