using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Rekey.Server.Storage;

/// <summary>
/// The directory that holds everything the server keeps on this machine. Owned by one process at a time through a lock that the kernel
/// releases when the process ends, kill -9 included. Readable by nobody else: mode 0700, files 0600.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    internal const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    internal const UnixFileMode OwnerOnlyDirectory = OwnerOnlyFile | UnixFileMode.UserExecute;
    private const string LockFile = "rekey.lock";

    private readonly SafeFileHandle _lock;

    private DataDirectory(string path, SafeFileHandle held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Makes the directory if it is missing and takes its lock.</summary>
    /// <exception cref="StorageException">Another process holds it, or it cannot be made or written to.</exception>
    public static DataDirectory Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        SafeFileHandle? file = null;
        try
        {
            MakePrivate(path);
            file = OpenFile(System.IO.Path.Combine(path, LockFile));
            if (!Posix.TryLock(file)) throw new StorageException(InUse(path, file));
            WriteOwner(file);
            Posix.SyncDirectory(path);
            return new DataDirectory(path, file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new StorageException($"The data directory {path} cannot be used: {error.Message}", error);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>Full path of a file in the directory.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes an empty file of mode 0600 unless it exists, and tightens it if it does.</summary>
    internal string EnsureFile(string name)
    {
        using var file = OpenFile(File(name));
        return File(name);
    }

    public void Dispose() => _lock.Dispose();

    // A directory that holds other things was not made for us: its mode stays, our files are private all the same.
    private static void MakePrivate(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, OwnerOnlyDirectory);
            return;
        }
        var isOurs = System.IO.File.Exists(System.IO.Path.Combine(path, LockFile)) || !Directory.EnumerateFileSystemEntries(path).Any();
        if (isOurs && System.IO.File.GetUnixFileMode(path) != OwnerOnlyDirectory)
            System.IO.File.SetUnixFileMode(path, OwnerOnlyDirectory);
    }

    private static SafeFileHandle OpenFile(string path)
    {
        var file = Posix.OpenOrCreate(path);
        if (System.IO.File.GetUnixFileMode(file) != OwnerOnlyFile) System.IO.File.SetUnixFileMode(file, OwnerOnlyFile);
        return file;
    }

    private static void WriteOwner(SafeFileHandle file)
    {
        RandomAccess.SetLength(file, 0);
        RandomAccess.Write(file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), 0);
    }

    private static string InUse(string path, SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[16];
        var length = RandomAccess.Read(file, text, 0);
        var owner = length > 0 ? $" (process {Encoding.ASCII.GetString(text[..length])})" : "";
        return $"The data directory {path} is in use by another Rekey server{owner}. "
            + "Stop that server, or start this one with another --data-dir.";
    }
}
