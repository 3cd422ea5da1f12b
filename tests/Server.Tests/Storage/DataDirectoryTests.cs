using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Storage;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public void SecondServer_IsRefused_AndToldByWhom()
    {
        using var first = DataDirectory.Open(_folder.Path);
        var refusal = Should.Throw<StorageException>(() => DataDirectory.Open(_folder.Path));
        refusal.Message.ShouldBe($"The data directory {_folder.Path} is in use by another Rekey server (process {Environment.ProcessId}). "
            + "Stop that server, or start this one with another --data-dir.");
    }

    [Fact]
    public void AfterTheFirstServerHasEnded_TheSecondStarts()
    {
        DataDirectory.Open(_folder.Path).Dispose();
        DataDirectory.Open(_folder.Path).Dispose();
    }

    [Fact]
    public void MissingDirectory_IsMade_ForItsOwnerOnly()
    {
        var path = _folder.File("a/b");
        using var directory = DataDirectory.Open(path);
        directory.Path.ShouldBe(path);
        File.GetUnixFileMode(path).ShouldBe(DataDirectory.OwnerOnlyDirectory);
        File.GetUnixFileMode(directory.File("rekey.lock")).ShouldBe(DataDirectory.OwnerOnlyFile);
    }

    [Fact]
    public void EmptyDirectory_OpenToOthers_IsClosedToThem()
    {
        var path = Directory.CreateDirectory(_folder.File("open"), (UnixFileMode)0x1FF).FullName;
        DataDirectory.Open(path).Dispose();
        File.GetUnixFileMode(path).ShouldBe(DataDirectory.OwnerOnlyDirectory);
    }

    [Fact]
    public void DirectoryWithOtherThings_KeepsItsMode()
    {
        const UnixFileMode shared = DataDirectory.OwnerOnlyDirectory | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        var path = Directory.CreateDirectory(_folder.File("shared"), shared).FullName;
        File.WriteAllText(Path.Combine(path, "notes.txt"), "not ours");
        using var directory = DataDirectory.Open(path);
        File.GetUnixFileMode(path).ShouldBe(shared);
        File.GetUnixFileMode(directory.File("rekey.lock")).ShouldBe(DataDirectory.OwnerOnlyFile);
    }

    [Fact]
    public void PathThatIsAFile_IsRefusedWithASentence()
    {
        File.WriteAllText(_folder.File("file"), "");
        Should.Throw<StorageException>(() => DataDirectory.Open(_folder.File("file"))).Message
            .ShouldStartWith($"The data directory {_folder.File("file")} cannot be used: ");
    }

    public void Dispose() => _folder.Dispose();
}
