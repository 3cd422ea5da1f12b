using System.Security.Cryptography;

namespace Rekey.Server.Kms;

/// <summary>
/// The unwrapped data key of one sealed payload. In memory only, in an array that the garbage collector never moves and therefore never
/// copies, zeroed when nobody uses it any more. It opens one version of one secret; the KMS key beside it in memory opens them all.
/// </summary>
internal sealed class DataKey : IDisposable
{
    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(CiphertextBlob.DataKeySize, pinned: true);

    public DataKey(ReadOnlySpan<byte> key) => key.CopyTo(_key);

    // Whoever keeps one in a cache cannot know when its last reader is done: the collector does.
    ~DataKey() => CryptographicOperations.ZeroMemory(_key);

    public ReadOnlySpan<byte> Reveal() => _key;

    public override string ToString() => Aws.Sensitive.Mask;

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        GC.SuppressFinalize(this);
    }
}
