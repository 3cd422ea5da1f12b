using System.Runtime.InteropServices;

namespace Rekey.Rotators.MySql.Library;

/// <summary>The library's memory of one connection, which it closes together with it.</summary>
internal sealed class LibraryHandle : SafeHandle
{
    /// <summary>The library prepares itself when it is first used, and does not guard that.</summary>
    private static readonly Lock Preparation = new();

    public LibraryHandle()
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    public static LibraryHandle Allocate()
    {
        var allocated = new LibraryHandle();
        lock (Preparation) allocated.SetHandle(LibraryNative.mysql_init(0));
        return allocated.IsInvalid ? throw new InvalidOperationException("The client library could not allocate a handle.") : allocated;
    }

    protected override bool ReleaseHandle()
    {
        LibraryNative.mysql_close(handle);
        return true;
    }
}
