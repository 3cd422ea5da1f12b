using System.Security.Cryptography;
using Rekey.Server.Kms;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Kms;

public sealed class RootKeySourceTests : IAsyncLifetime
{
    private readonly SqliteStore _store = new();

    private string DefaultFile => Path.Combine(_store.Path, "root.key");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public void FirstStart_MakesAFileForItsOwnerOnly_AndLaterStartsUseIt()
    {
        var first = Open(new RootKeyOptions());
        File.GetUnixFileMode(DefaultFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Convert.FromBase64String(File.ReadAllText(DefaultFile)).Length.ShouldBe(32);
        Directory.GetFiles(_store.Path, "root.key*").ShouldBe([DefaultFile]);
        Open(new RootKeyOptions()).ShouldBe(first);
    }

    [Fact]
    public void ProcessWithARootKey_MayNotBeDumped()
    {
        Open(new RootKeyOptions());
        Posix.MayDumpMemory.ShouldBeFalse();
    }

    [Fact]
    public void TwoServers_MakeTwoKeys()
    {
        var first = Open(new RootKeyOptions());
        using var other = new TemporaryDirectory();
        using var directory = DataDirectory.Open(other.Path);
        var source = new RootKeySource(new RootKeyOptions(), directory, _store.Database, TimeProvider.System);
        Should.Throw<StorageException>(source.Open);
        File.Exists(other.File("root.key")).ShouldBeFalse("a second node must be given the first one's key, not make its own");
        first.ShouldNotBeEmpty();
    }

    [Fact]
    public void HalfWrittenFileOfACrash_IsNotTakenForAKey()
    {
        File.WriteAllText(DefaultFile + ".new", "AAAA");
        Open(new RootKeyOptions());
        Directory.GetFiles(_store.Path, "root.key*").ShouldBe([DefaultFile]);
    }

    [Fact]
    public void LostFile_IsNeverReplaced()
    {
        Open(new RootKeyOptions());
        File.Delete(DefaultFile);
        Refusal(new RootKeyOptions())
            .ShouldStartWith($"The root key {DefaultFile} is missing, and without it the stored secrets cannot be read.");
        File.Exists(DefaultFile).ShouldBeFalse();
    }

    [Fact]
    public void KeyOfAnotherDatabase_IsRefused()
    {
        Open(new RootKeyOptions());
        WriteKey(DefaultFile, RandomNumberGenerator.GetBytes(32));
        Refusal(new RootKeyOptions()).ShouldStartWith("The root key is not the one this database was sealed with.");
    }

    [Fact]
    public void KeyFromTheEnvironment_NeedsNoFile()
    {
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        Open(new RootKeyOptions { RootKey = text }).ShouldBe(Open(new RootKeyOptions { RootKey = text + "\n" }));
        File.Exists(DefaultFile).ShouldBeFalse();
    }

    [Fact]
    public void KeyFromANamedFile_EqualsTheSameKeyFromTheEnvironment()
    {
        using var elsewhere = new TemporaryDirectory();
        var key = RandomNumberGenerator.GetBytes(32);
        WriteKey(elsewhere.File("key"), key);
        var fromFile = Open(new RootKeyOptions { RootKeyFile = elsewhere.File("key") });
        fromFile.ShouldBe(Open(new RootKeyOptions { RootKey = Convert.ToBase64String(key) }));
    }

    [Theory]
    [InlineData("640")]
    [InlineData("604")]
    [InlineData("660")]
    [InlineData("601")]
    [InlineData("777")]
    public void FileThatOthersMayTouch_IsRefused(string mode)
    {
        Open(new RootKeyOptions());
        File.SetUnixFileMode(DefaultFile, (UnixFileMode)Convert.ToInt32(mode, 8));
        Refusal(new RootKeyOptions()).ShouldBe($"The root key file {DefaultFile} has mode {mode}: others may read or change it. "
            + $"Run: chmod 600 {DefaultFile}");
    }

    [Theory]
    [InlineData("400")]
    [InlineData("600")]
    [InlineData("700")]
    public void FileForItsOwner_IsTaken(string mode)
    {
        Open(new RootKeyOptions());
        File.SetUnixFileMode(DefaultFile, (UnixFileMode)Convert.ToInt32(mode, 8));
        Open(new RootKeyOptions()).ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=AAAA")]
    [InlineData("not base64: !!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public void AnythingButThirtyTwoBytes_IsRefused_WithoutQuotingIt(string text)
    {
        var refusal = Refusal(new RootKeyOptions { RootKey = text });
        refusal.ShouldStartWith("REKEY_ROOT_KEY does not hold a root key. It must be base64 of exactly 32 bytes");
        if (text.Length > 0) refusal.ShouldNotContain(text);
        File.WriteAllText(DefaultFile, text);
        File.SetUnixFileMode(DefaultFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Refusal(new RootKeyOptions()).ShouldStartWith($"{DefaultFile} does not hold a root key.");
    }

    [Fact]
    public void FileThatIsMissing_OrNamedTwice_IsRefused()
    {
        Refusal(new RootKeyOptions { RootKeyFile = "/nowhere/key" })
            .ShouldBe("The root key file /nowhere/key (Rekey__Keys__RootKeyFile) does not exist.");
        Refusal(new RootKeyOptions { RootKeyFile = "/nowhere/key", RootKey = "x" })
            .ShouldBe("REKEY_ROOT_KEY and Rekey__Keys__RootKeyFile are both set. Set one of them.");
    }

    private static void WriteKey(string path, byte[] key)
    {
        File.WriteAllText(path, Convert.ToBase64String(key));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Starts with the options and returns what tells the key from others.</summary>
    private string Open(RootKeyOptions options)
    {
        using var key = new RootKeySource(options, _store.Directory, _store.Database, TimeProvider.System).Open();
        return Convert.ToHexString(key.CheckValue());
    }

    private string Refusal(RootKeyOptions options) => Should.Throw<StorageException>(() => Open(options)).Message;
}
