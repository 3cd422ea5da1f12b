using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Rekey.Server.Storage;

namespace Rekey.Server.Kms;

/// <summary>Finds the root key, or makes it for a database that has none, and refuses one that does not belong to the database.</summary>
internal sealed class RootKeySource(RootKeyOptions options, DataDirectory directory, IDatabase database, TimeProvider time)
{
    public const string FileName = "root.key";

    /// <exception cref="StorageException">The key is missing, malformed, readable by others, or not the database's.</exception>
    public RootKey Open()
    {
        Posix.ForbidMemoryDumps();
        // 1. The key that was given, or the one made at the first start.
        var stored = database.Read(FindCheckValue);
        var key = Given();
        // 2. Nothing may be sealed under a key that cannot be found again, so a lost key is never replaced by a new one.
        if (key is null && stored is not null)
            throw new StorageException($"The root key {directory.File(FileName)} is missing, and without it the stored secrets cannot be "
                + "read. Put the file back from its backup, or name the key with Rekey__Keys__RootKeyFile or REKEY_ROOT_KEY.");
        key ??= Make();
        // 3. The database remembers the first key it was used with.
        try
        {
            stored ??= Remember(key);
            if (CryptographicOperations.FixedTimeEquals(stored, key.CheckValue())) return key;
            throw new StorageException("The root key is not the one this database was sealed with. Start the server with the right key "
                + "(root.key in the data directory, Rekey__Keys__RootKeyFile or REKEY_ROOT_KEY), or with the database that belongs to it.");
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static byte[]? FindCheckValue(Session session) =>
        session.Find("SELECT check_value FROM root_key WHERE id = 1", row => row.Bytes(0));

    // Two nodes may start on an empty database at once: the one that comes second reads the first one's value, and is refused.
    private byte[] Remember(RootKey key) => database.WriteAsync(session =>
    {
        if (FindCheckValue(session) is { } other) return other;
        var value = key.CheckValue();
        session.Execute("INSERT INTO root_key (id, check_value, created_at) VALUES (1, @value, @at)",
            ("@value", value), ("@at", time.GetUtcNow()));
        return value;
    }, CancellationToken.None).GetAwaiter().GetResult();

    private RootKey? Given()
    {
        if (options.RootKey is { } text)
        {
            if (options.RootKeyFile is not null)
                throw new StorageException("REKEY_ROOT_KEY and Rekey__Keys__RootKeyFile are both set. Set one of them.");
            var bytes = Encoding.UTF8.GetBytes(text);
            return Parse(bytes, "REKEY_ROOT_KEY");
        }
        if (options.RootKeyFile is { } path)
        {
            if (!File.Exists(path)) throw new StorageException($"The root key file {path} (Rekey__Keys__RootKeyFile) does not exist.");
            return ReadFile(path);
        }
        return File.Exists(directory.File(FileName)) ? ReadFile(directory.File(FileName)) : null;
    }

    private static RootKey ReadFile(string path)
    {
        var text = GC.AllocateUninitializedArray<byte>(Limits.RootKeyFileBytes, pinned: true);
        try
        {
            using var file = File.OpenHandle(path);
            DemandPrivate(file, path);
            return Parse(text.AsSpan(0, RandomAccess.Read(file, text, 0)), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The root key file {path} cannot be read: {error.Message}", error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private static void DemandPrivate(SafeFileHandle file, string path)
    {
        const UnixFileMode allowed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var mode = File.GetUnixFileMode(file);
        if ((mode & ~allowed) == 0) return;
        throw new StorageException($"The root key file {path} has mode {Convert.ToString((int)mode, 8)}: others may read or change it. "
            + $"Run: chmod 600 {path}");
    }

    /// <param name="text">Base64 of the key, perhaps with white space at the end; zeroed.</param>
    private static RootKey Parse(Span<byte> text, string source)
    {
        Span<byte> key = stackalloc byte[Base64.GetMaxDecodedFromUtf8Length(64)];
        try
        {
            var trimmed = text.TrimEnd(" \t\r\n"u8);
            var isKey = trimmed.Length <= 64
                && Base64.DecodeFromUtf8(trimmed, key, out _, out var length) == OperationStatus.Done
                && length == RootKey.Size;
            if (isKey) return new RootKey(key[..RootKey.Size]);
            throw new StorageException($"{source} does not hold a root key. It must be base64 of exactly {RootKey.Size} bytes; "
                + "one is made with: head -c 32 /dev/urandom | base64");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>
    /// Makes a new key and its file, whole and durable before the first use: written beside, synchronised, renamed, directory synchronised.
    /// </summary>
    private RootKey Make()
    {
        Span<byte> key = stackalloc byte[RootKey.Size];
        Span<byte> text = stackalloc byte[Base64.GetMaxEncodedToUtf8Length(RootKey.Size) + 1];
        try
        {
            RandomNumberGenerator.Fill(key);
            Base64.EncodeToUtf8(key, text, out _, out var length);
            text[length] = (byte)'\n';
            WriteFile(text[..(length + 1)]);
            return new RootKey(key);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The root key file {directory.File(FileName)} cannot be made: {error.Message}", error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private void WriteFile(ReadOnlySpan<byte> text)
    {
        // A crash may have left a half-written file of this name; it was never used.
        var beside = directory.File(FileName + ".new");
        File.Delete(beside);
        var creation = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = DataDirectory.OwnerOnlyFile,
            BufferSize = 0,
        };
        using (var file = new FileStream(beside, creation))
        {
            file.Write(text);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, directory.File(FileName), overwrite: false);
        Posix.SyncDirectory(directory.Path);
    }
}
