using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotators.MySql;

/// <summary>The folder outlives its process, so what it holds is made right at each use, whatever it held.</summary>
public sealed class MySqlClientPluginsTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _parent = Directory.CreateTempSubdirectory("rekey-client-").FullName;

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private string Folder() => MySqlClientPlugins.Folder(new RotatorOptions { ClientFolder = _parent });

    private static Dictionary<string, string?> LinksIn(string folder) =>
        new DirectoryInfo(folder).EnumerateFileSystemInfos().ToDictionary(entry => entry.Name, entry => entry.LinkTarget);

    [Fact]
    public void Folder_IsTheSameEachTime_AndTheOwnersAlone()
    {
        var folder = Folder();
        var links = LinksIn(folder);
        Path.GetDirectoryName(folder).ShouldBe(_parent);
        File.GetUnixFileMode(folder).ShouldBe(OwnerOnly);
        links.Values.ShouldAllBe(target => File.Exists(target));
        Folder().ShouldBe(folder);
        LinksIn(folder).ShouldBe(links, ignoreOrder: true);
        Directory.EnumerateFileSystemEntries(_parent).ShouldBe([folder]);
    }

    [Fact]
    public void WhatDoesNotBelongThere_IsRemoved()
    {
        var folder = Folder();
        var links = LinksIn(folder);
        var elsewhere = Path.Combine(_parent, "elsewhere.so");
        File.WriteAllText(elsewhere, "stays");
        File.CreateSymbolicLink(Path.Combine(folder, "mysql_clear_password.so"), elsewhere);
        File.WriteAllText(Path.Combine(folder, "dialog.so"), "");
        File.Delete(Path.Combine(folder, "caching_sha2_password.so"));
        File.CreateSymbolicLink(Path.Combine(folder, "caching_sha2_password.so"), elsewhere);

        LinksIn(Folder()).ShouldBe(links, ignoreOrder: true);
        File.ReadAllText(elsewhere).ShouldBe("stays");
    }

    [Fact]
    public void LinkInItsPlace_IsRefused_AndWhatItLeadsToStays()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(_parent, "elsewhere")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "dialog.so"), "");
        File.CreateSymbolicLink(Path.Combine(_parent, "mysql-plugins"), elsewhere);

        var failure = Should.Throw<RotatorException>(Folder);
        failure.Cause.ShouldBe(FailureCause.Precondition);
        failure.Message.ShouldContain("mysql-plugins is a symbolic link");
        LinksIn(elsewhere).Keys.ShouldBe(["dialog.so"]);
    }

    [Fact]
    public async Task ManyAtOnce_FindItWhole()
    {
        var folders = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(Folder)));
        folders.Distinct().ShouldHaveSingleItem();
    }
}
