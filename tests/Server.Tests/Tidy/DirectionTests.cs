using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

/// <summary>
/// Which folder of the server may use which. Control flows protocol → identity → operation → authorization, keys, storage → protocol; the
/// pure rules use nobody. A new edge is a decision: it is added here, with the change that needs it.
/// </summary>
public sealed class DirectionTests
{
    private const string Root = "Rekey.Server";

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Audit"] = ["Observability", "Protocols", "Storage"],
        ["Authorization"] = ["Identity", "Protocols"],
        ["Extensions"] = ["Audit", "Authorization", "Protocols", "Rotation", "SecretsManager", "Storage"],
        ["Identity"] = ["Settings", "Storage"],
        ["Kms"] = ["Settings", "Storage"],
        ["Metrics"] = ["Observability", "Rotation", "Settings", "Storage", "Webhooks"],
        ["Observability"] = ["Audit", "Storage"], // readiness asks both
        ["Protocols"] = ["Audit", "Identity", "Observability", "Rotation", "Throttling"], // of Rotation the lease in a call's context
        ["Replication"] = ["Audit", "Kms", "Observability", "Protocols", "Schedules", "SecretsManager", "Storage"],
        ["Rotation"] =
        [
            "Audit", "Kms", "Observability", "Protocols", "Replication", "Schedules", "SecretsManager", "Settings", "Storage", "Webhooks",
        ],
        ["Schedules"] = [],
        ["SecretsManager"] =
        [
            "Audit", "Authorization", "Kms", "Observability", "Protocols", "Replication", "Rotation", "Schedules", "Settings", "Storage",
        ],
        ["Settings"] = [],
        ["Storage"] = ["Kms", "Observability", "Settings"], // of Kms the root key, which must be there before the first write
        ["Sts"] = ["Protocols"],
        ["Throttling"] = ["Settings"],
        ["Webhooks"] = ["Observability", "Rotation", "Schedules", "Settings", "Storage"], // of Rotation the names of events
    };

    private static readonly (string From, string To, string Place)[] Edges =
    [
        .. from path in SourceTree.CSharp("src/Server")
        let folder = path.Split('/') is ["src", "Server", var name, _, ..] ? name : null
        where folder is not null
        from line in SourceTree.Nodes<UsingDirectiveSyntax>(path)
        let parts = line.Name?.ToString().Split('.')
        where parts is ["Rekey", "Server", _, ..] && parts[2] != folder
        select (folder, parts[2], SourceTree.Place(line)),
    ];

    [Fact]
    public void NoFolder_UsesAnotherUnlessListed() =>
        Edges.Where(edge => !Allowed.GetValueOrDefault(edge.From, []).Contains(edge.To))
            .Select(edge => $"{edge.Place}: {edge.From} → {edge.To}").ShouldBeEmpty();

    [Fact]
    public void NoListedEdge_IsUnused() =>
        Allowed.SelectMany(entry => entry.Value, (entry, to) => (From: entry.Key, To: to))
            .Where(listed => !Edges.Any(edge => edge.From == listed.From && edge.To == listed.To)).ShouldBeEmpty();

    [Fact]
    public void EveryFolder_IsListed() =>
        SourceTree.CSharp("src/Server").Select(path => path.Split('/')).Where(parts => parts.Length > 3).Select(parts => parts[2])
            .Distinct()
            .Order().ShouldBe(Allowed.Keys.Order());

    [Fact]
    public void EveryNamespace_IsItsFolder() =>
        SourceTree.CSharp("src/Server").SelectMany(SourceTree.Nodes<FileScopedNamespaceDeclarationSyntax>)
            .Where(space => space.Name.ToString() != NamespaceOf(space.SyntaxTree.FilePath))
            .Select(SourceTree.Place).ShouldBeEmpty();

    private static string NamespaceOf(string path)
    {
        var folders = path.Split('/')[2..^1];
        return string.Join('.', folders.Prepend(Root));
    }
}
