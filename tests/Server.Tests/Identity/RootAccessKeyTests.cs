using Rekey.Server.Identity;
using Rekey.Server.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Identity;

public sealed class RootAccessKeyTests : IDisposable
{
    private readonly DataDirectory _directory = DataDirectory.Open(Directory.CreateTempSubdirectory("rekey-root-key-").FullName);

    private string FilePath => _directory.File(RootAccessKey.FileName);

    [Fact]
    public void FirstStart_MakesAKeyThatLaterStartsFind()
    {
        var first = RootAccessKey.OpenOrCreate(_directory);
        first.IsNew.ShouldBeTrue();
        first.Id.ShouldMatch("^AKIA[A-Z2-7]{16}$");
        first.Secret.RevealText().ShouldMatch("^[A-Za-z0-9+/]{40}$");

        var second = RootAccessKey.OpenOrCreate(_directory);
        second.IsNew.ShouldBeFalse();
        second.Id.ShouldBe(first.Id);
        second.Secret.FixedTimeEquals(first.Secret).ShouldBeTrue();
    }

    [Fact]
    public void File_IsForItsOwnerOnlyAndReadableByAwsTools()
    {
        var key = RootAccessKey.OpenOrCreate(_directory);
        File.GetUnixFileMode(FilePath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.ReadAllText(FilePath).ShouldBe(
            $"[default]\naws_access_key_id = {key.Id}\naws_secret_access_key = {key.Secret.RevealText()}\n");
        File.Exists(FilePath + ".new").ShouldBeFalse();
    }

    [Fact]
    public void CrashBeforeTheRename_LeavesNoKey()
    {
        File.WriteAllText(FilePath + ".new", "[default]\naws_access_key_id = AKIAHALF");
        RootAccessKey.OpenOrCreate(_directory).Id.ShouldNotBe("AKIAHALF");
        File.Exists(FilePath + ".new").ShouldBeFalse();
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void FileThatOthersCanUse_IsRefused(UnixFileMode mode)
    {
        RootAccessKey.OpenOrCreate(_directory);
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | mode);
        Should.Throw<StorageException>(() => RootAccessKey.OpenOrCreate(_directory)).Message.ShouldContain("chmod 600");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[default]\naws_access_key_id = AKIA1\n")]
    [InlineData("[default]\naws_access_key_id = \naws_secret_access_key = hunter2\n")]
    public void IncompleteFile_IsRefusedWithoutItsContent(string content)
    {
        RootAccessKey.OpenOrCreate(_directory);
        File.WriteAllText(FilePath, content);
        var message = Should.Throw<StorageException>(() => RootAccessKey.OpenOrCreate(_directory)).Message;
        message.ShouldContain(RootAccessKey.FileName);
        message.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Key_PrintsNoSecret()
    {
        var key = RootAccessKey.OpenOrCreate(_directory);
        $"{key}".ShouldNotContain(key.Secret.RevealText());
    }

    public void Dispose()
    {
        _directory.Dispose();
        Directory.Delete(_directory.Path, recursive: true);
    }
}
