using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql;

/// <summary>
/// The authentication plugins that the client library may load. A server chooses the plugin, and the library's own folder holds one that
/// sends the password as it is and one that asks at the terminal: so the library is given a folder of links to the safe ones.
/// </summary>
internal static class MySqlClientPlugins
{
    private static readonly string[] Safe = ["caching_sha2_password.so", "sha256_password.so", "client_ed25519.so", "parsec.so"];

    private static readonly string[] Places =
    [
        Path.Combine(OdbcDriver.LibraryFolder, "libmariadb3/plugin"), "/usr/lib64/mariadb/plugin", "/usr/lib64/mysql/plugin",
        "/usr/lib/mariadb/plugin", "/usr/lib/mysql/plugin",
    ];

    // A failure is not kept: the next call tries again.
    private static readonly Lazy<string> Made = new(Make, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The folder; it is removed when the process ends in order.</summary>
    public static string Folder => Made.Value;

    private static string Make()
    {
        DirectoryInfo folder;
        try
        {
            folder = Directory.CreateTempSubdirectory("rekey-plugins-");
            foreach (var name in Safe)
            {
                var file = Places.Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists);
                if (file is not null) File.CreateSymbolicLink(Path.Combine(folder.FullName, name), file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RotatorException(FailureCause.Precondition, $"The Rekey server cannot write its temporary folder: {e.Message}");
        }
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(folder);
        return folder.FullName;
    }

    private static void Remove(DirectoryInfo folder)
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A folder of links left behind does no harm.
        }
    }
}
