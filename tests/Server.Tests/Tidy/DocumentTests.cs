using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Settings;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

/// <summary>What the documents say of the tree, the settings and the operations is so.</summary>
public sealed class DocumentTests
{
    private static readonly Regex Quoted = new(
        "`(?<path>(src|tests|bench|eng|docs|\\.ci)(/[A-Za-z0-9._]+)*/?)`", RegexOptions.NonBacktracking);

    private static readonly Regex Link = new(@"\]\((?<target>[^)#:]+)(#[^)]*)?\)", RegexOptions.NonBacktracking);

    private static readonly Regex Mentioned = new(@"\b[a-z][a-z-]*\.md\b", RegexOptions.NonBacktracking);

    private static readonly string[] Documents = [.. SourceTree.Under(".md")];

    [Fact]
    public void QuotedPaths_Exist() =>
        Documents.SelectMany(document => Quoted.Matches(SourceTree.Read(document)).Select(match => (document, match.Groups["path"].Value)))
            .Where(quote => !SourceTree.Exists(quote.Value)).ShouldBeEmpty();

    [Fact]
    public void Links_LeadSomewhere() =>
        Documents.SelectMany(document => Link.Matches(SourceTree.Read(document)).Select(match => (document, match.Groups["target"].Value)))
            .Where(link => !SourceTree.Exists(Path.Combine(Path.GetDirectoryName(link.document)!, link.Value))).ShouldBeEmpty();

    /// <summary>A comment that sends its reader to a document sends them to one that is here.</summary>
    [Fact]
    public void DocumentsNamedInCode_Exist()
    {
        var names = Documents.Select(path => Path.GetFileName(path)).ToHashSet();
        SourceTree.CSharp("src", "bench", "eng")
            .Where(path => Mentioned.Matches(SourceTree.Read(path)).Any(match => !names.Contains(match.Value)))
            .ShouldBeEmpty();
    }

    [Fact]
    public void EveryFolderOfTheServer_IsOnTheMap()
    {
        var map = SourceTree.Read("ARCHITECTURE.md");
        Directory.GetDirectories(Path.Combine(SourceTree.Root, "src/Server")).Select(folder => $"src/Server/{Path.GetFileName(folder)}")
            .Where(folder => SourceTree.CSharp(folder).Any() && !map.Contains($"`{folder}`")).ShouldBeEmpty();
    }

    [Fact]
    public async Task EverySetting_IsDescribedWithItsDefault()
    {
        await using var server = await TestServer.StartAsync(TestContext.Current.CancellationToken);
        var lines = SourceTree.Lines("docs/configuration.md");
        foreach (var section in server.Services.GetServices<SettingsSection>())
        {
            var defaults = Activator.CreateInstance(section.Type);
            foreach (var property in section.Type.GetProperties().Where(property => property.CanWrite))
            {
                var start = $"| `{section.Name}:{property.Name}` |";
                var line = lines.SingleOrDefault(line => line.StartsWith(start, StringComparison.Ordinal));
                line.ShouldNotBeNull($"{section.Name}:{property.Name} is not described");
                if (property.GetValue(defaults) is { } value)
                    line.ShouldContain($"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`", Case.Sensitive);
            }
        }
    }

    [Fact]
    public async Task EveryDescribedSetting_Exists()
    {
        await using var server = await TestServer.StartAsync(TestContext.Current.CancellationToken);
        var known = server.Services.GetServices<SettingsSection>()
            .SelectMany(section => section.Type.GetProperties().Select(property => $"{section.Name}:{property.Name}")).ToHashSet();
        var described = SourceTree.Lines("docs/configuration.md").Where(line => line.StartsWith("| `Rekey:", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]).ToArray();
        described.ShouldNotBeEmpty();
        described.Where(key => !known.Contains(key)).ShouldBeEmpty();
    }

    /// <summary>The AWS CLI 1.x and boto3 read AWS_DEFAULT_REGION, the other SDKs AWS_REGION: a reader needs both.</summary>
    [Theory]
    [InlineData("README.md", "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1")]
    [InlineData("quickstart", "  export AWS_REGION=$AWS_REGION AWS_DEFAULT_REGION=$AWS_REGION")]
    public void LinesToCopy_NameTheRegionForEveryClient(string path, string expected) =>
        SourceTree.Lines(path).ShouldContain(line => line.StartsWith(expected, StringComparison.Ordinal));

    /// <summary>The table of operations names each that is served.</summary>
    [Fact]
    public async Task TableOfOperations_IsTrue()
    {
        await using var server = await TestServer.StartAsync(TestContext.Current.CancellationToken);
        var served = server.Services.GetServices<Operation>().Where(operation => operation.Service == "secretsmanager")
            .Select(operation => operation.Name);
        var rows = SourceTree.Lines("README.md").SkipWhile(line => !line.StartsWith("| Secrets Manager |", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith('|')).Skip(2).Select(line => line.Split('|', StringSplitOptions.TrimEntries));
        rows.SelectMany(row => row[1].Split(", ")).Order().ShouldBe(served.Order());
    }

    /// <summary>The page that compares with AWS has a row for each operation of the model, and each of them is served.</summary>
    [Fact]
    public async Task EveryOperation_IsComparedWithAws()
    {
        await using var server = await TestServer.StartAsync(TestContext.Current.CancellationToken);
        var served = server.Services.GetServices<Operation>().Where(operation => operation.Service == "secretsmanager")
            .Select(operation => operation.Name).Order(StringComparer.Ordinal);
        var rows = SourceTree.Lines("docs/compatibility.md").SkipWhile(line => !line.StartsWith("| operation |", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith('|')).Skip(2).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToArray();
        var operations = ServiceModel.Get("secretsmanager").Operations.Select(operation => operation.Name).Order(StringComparer.Ordinal);
        rows.Select(row => row[1]).ShouldBe(operations);
        served.ShouldBe(operations);
        rows.Where(row => row[2].Length == 0).Select(row => row[1]).ShouldBeEmpty();
    }
}
