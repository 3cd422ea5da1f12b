using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Rekey.Server.Storage;

/// <summary>The few calls of the system that the class library has no door to.</summary>
internal static partial class Posix
{
    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int CloseOnExec = 0x80000;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int WouldBlock = 11;
    private const int GetDumpable = 3;
    private const int SetDumpable = 4;

    /// <summary>
    /// Opens a file for reading and writing, made with mode 0600 when missing. Unlike FileStream it takes no lock of its own on the file.
    /// </summary>
    public static SafeFileHandle OpenOrCreate(string path)
    {
        var file = Open(path, ReadWrite | Create | CloseOnExec, (int)DataDirectory.OwnerOnlyFile);
        if (!file.IsInvalid) return file;
        file.Dispose();
        throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>
    /// Takes the whole-file lock; false when another open file holds it. The kernel drops it when the process ends, however it ends.
    /// </summary>
    public static bool TryLock(SafeFileHandle file)
    {
        if (FLock(file, LockExclusive | LockNonBlocking) == 0) return true;
        var error = Marshal.GetLastPInvokeError();
        if (error == WouldBlock) return false;
        throw new IOException($"The file cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    /// <summary>Makes the names in a directory durable: a file that was created, renamed or removed in it.</summary>
    public static void SyncDirectory(string path)
    {
        using var directory = Open(path, ReadOnly | CloseOnExec, 0);
        if (directory.IsInvalid || FSync(directory) != 0)
            throw new IOException($"The directory {path} cannot be synchronised: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>
    /// Forbids memory dumps of this process, and its memory to other processes of the same user, for good: keys and values must not end up
    /// in a crash file. Child programs are not affected.
    /// </summary>
    public static void ForbidMemoryDumps()
    {
        if (PrCtl(SetDumpable, 0, 0, 0, 0) != 0)
            throw new IOException($"Memory dumps cannot be forbidden: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>True unless <see cref="ForbidMemoryDumps"/> was called.</summary>
    public static bool MayDumpMemory => PrCtl(GetDumpable, 0, 0, 0, 0) != 0;

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int PrCtl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);
}
