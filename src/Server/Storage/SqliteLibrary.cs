using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Rekey.Server.Storage;

/// <summary>
/// Binds the SQLite provider to the system's library, so that its security fixes arrive with the system's updates and not with ours.
/// </summary>
internal static class SqliteLibrary
{
    /// <summary>3.35.0, of 2021: the first with RETURNING.</summary>
    private const int OldestVersion = 3_035_000;

    private static readonly string[] s_names = ["libsqlite3.so.0", "libsqlite3"];
    private static readonly Lazy<bool> s_loaded = new(Load);

    /// <exception cref="StorageException">The library is missing or too old.</exception>
    public static void Ensure() => _ = s_loaded.Value;

    private static bool Load()
    {
        if (Find() == IntPtr.Zero)
            throw new StorageException("The SQLite library (libsqlite3.so.0) is missing. On Debian and Ubuntu: apt install libsqlite3-0");
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        if (raw.sqlite3_libversion_number() < OldestVersion)
            throw new StorageException($"SQLite is version {raw.sqlite3_libversion().utf8_to_string()}; 3.35 or newer is needed.");
        return true;
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == "e_sqlite3" ? Find() : IntPtr.Zero;

    private static IntPtr Find()
    {
        foreach (var name in s_names)
            if (NativeLibrary.TryLoad(name, out var library)) return library;
        return IntPtr.Zero;
    }
}
