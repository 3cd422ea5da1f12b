using Rekey.Server.Kms;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Storage;

namespace Rekey.Server.Tests.Kms;

/// <summary>A store with a root key and the keys under it.</summary>
internal sealed class KeyRing : IAsyncDisposable
{
    public const string Account = "123456789012";
    public const string Region = "eu-west-1";
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private KeyRing(RootKey rootKey)
    {
        RootKey = rootKey;
        Keys = new KmsKeyStore(rootKey, Store.Database);
        Cipher = new EnvelopeCipher(Keys);
    }

    public SqliteStore Store { get; } = new();

    public RootKey RootKey { get; }

    public KmsKeyStore Keys { get; }

    public EnvelopeCipher Cipher { get; }

    public IDatabase Database => Store.Database;

    public static KeyRing Create() => new(new RootKey(Enumerable.Range(0, RootKey.Size).Select(i => (byte)i).ToArray()));

    public Task<string> EnsureDefaultKeyAsync(CancellationToken cancellationToken, string account = Account, string region = Region) =>
        Database.WriteAsync(session => Keys.EnsureDefaultKey(session, account, region, Now), cancellationToken);

    /// <summary>The same database with nothing in memory, as after a restart.</summary>
    public KmsKeyStore Reload() => new(RootKey, Database);

    public async ValueTask DisposeAsync()
    {
        Keys.Dispose();
        RootKey.Dispose();
        await Store.DisposeAsync();
    }
}
