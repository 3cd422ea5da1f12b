using System.Runtime.InteropServices;

namespace Rekey.Rotators.Odbc;

/// <summary>Where ODBC drivers lie, and what to install when one does not.</summary>
internal static class OdbcDriver
{
    /// <summary>The folder of libraries for this machine's architecture, as Debian names it.</summary>
    public static string LibraryFolder { get; } = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.Arm64 => "/usr/lib/aarch64-linux-gnu",
        Architecture.X64 => "/usr/lib/x86_64-linux-gnu",
        _ => "/usr/lib",
    };

    /// <summary>The configured file, else the first of the places that exists. Throws when there is none.</summary>
    public static string Demand(string name, string debianPackage, string? configured, IReadOnlyList<string> places) =>
        DemandProduct(name, $"install the Debian package {debianPackage}", configured, places);

    /// <inheritdoc cref="Demand"/>
    public static string DemandProduct(string name, string remedy, string? configured, IReadOnlyList<string> places)
    {
        if (configured is not null)
        {
            return File.Exists(configured) ? configured : throw Missing($"The configured ODBC driver {configured} does not exist");
        }
        return places.FirstOrDefault(File.Exists)
            ?? throw Missing($"The ODBC driver for {name} is missing on the Rekey server: {remedy}");
    }

    /// <summary>What is missing before connections can be opened: the manager, or the driver; null when nothing is.</summary>
    public static string? Missing(Func<string> demand)
    {
        try
        {
            DemandManager();
            _ = demand();
            return null;
        }
        catch (RotatorException e)
        {
            return e.Message;
        }
    }

    /// <summary>Loads unixODBC's own library, which every driver needs. Throws when it cannot be.</summary>
    public static void DemandManager()
    {
        if (!NativeLibrary.TryLoad(OdbcNative.Library, out var manager)) throw ManagerMissing(cause: null);
        NativeLibrary.Free(manager);
    }

    /// <summary>The failure to report when unixODBC's own library cannot be loaded.</summary>
    public static RotatorException ManagerMissing(Exception? cause) => new(
        FailureCause.Precondition,
        "The ODBC driver manager is missing on the Rekey server: install the Debian package unixodbc",
        inner: cause);

    private static RotatorException Missing(string message) => new(FailureCause.Precondition, message);
}
