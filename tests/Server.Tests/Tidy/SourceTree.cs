using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Rekey.Server.Tests.Tidy;

/// <summary>The repository as git sees it: tracked files and new ones that it does not ignore, by relative paths.</summary>
internal static class SourceTree
{
    private static readonly ConcurrentDictionary<string, CompilationUnitSyntax> Parsed = new();

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Files { get; } = ListFiles();

    /// <summary>Our own C#: not what others made.</summary>
    public static IEnumerable<string> CSharp(params ReadOnlySpan<string> folders) => Under(".cs", folders);

    /// <summary>Bash scripts, known by their first line.</summary>
    public static IEnumerable<string> Scripts { get; } = [.. Files.Where(path => !IsVendored(path) && IsScript(path))];

    public static string Read(string path) => File.ReadAllText(Absolute(path));

    public static string[] Lines(string path) => File.ReadAllLines(Absolute(path));

    public static bool Exists(string path) => File.Exists(Absolute(path)) || Directory.Exists(Absolute(path));

    public static CompilationUnitSyntax Parse(string path) =>
        Parsed.GetOrAdd(path, static path => (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(Read(path), path: path).GetRoot());

    public static IEnumerable<T> Nodes<T>(string path) where T : SyntaxNode => Parse(path).DescendantNodes().OfType<T>();

    /// <summary>Where a reader finds the node, in the form that editors and terminals open.</summary>
    public static string Place(SyntaxNode node) =>
        $"{node.SyntaxTree.FilePath}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";

    /// <summary>Data taken over from others with its licence: models, test vectors.</summary>
    public static bool IsVendored(string path) =>
        path.Contains("/Vectors/") || (path.Contains("/Models/") && !path.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> Under(string ending, params ReadOnlySpan<string> folders)
    {
        var wanted = folders.ToArray();
        return Files.Where(path => path.EndsWith(ending, StringComparison.Ordinal) && !IsVendored(path)
            && (wanted.Length == 0 || wanted.Any(folder => path.StartsWith(folder + "/", StringComparison.Ordinal))));
    }

    private static string Absolute(string path) => Path.Combine(Root, path);

    private static bool IsScript(string path)
    {
        using var reader = File.OpenText(Absolute(path));
        return reader.ReadLine()?.StartsWith("#!/usr/bin/env bash", StringComparison.Ordinal) == true;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Rekey.slnx"))) return folder.FullName;
        throw new InvalidOperationException("The tests do not run from inside the repository.");
    }

    private static List<string> ListFiles()
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = Root, RedirectStandardOutput = true };
        foreach (var argument in (string[])["-c", $"safe.directory={Root}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            start.ArgumentList.Add(argument);
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        if (git.ExitCode != 0) throw new InvalidOperationException("git ls-files failed.");
        // A file may be deleted but not yet committed so.
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(path => File.Exists(Absolute(path))).Distinct().Order()];
    }
}
