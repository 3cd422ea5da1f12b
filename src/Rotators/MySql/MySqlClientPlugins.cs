using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql;

/// <summary>
/// The authentication plugins that the client library may load. A server chooses the plugin, and the library's own folder holds one that
/// sends the password as it is and one that asks at the terminal: so the library is given a folder of links to the safe ones.
/// </summary>
internal static class MySqlClientPlugins
{
    private const string Name = "mysql-plugins";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly string[] Safe = ["caching_sha2_password.so", "sha256_password.so", "client_ed25519.so", "parsec.so"];

    private static readonly string[] Places =
    [
        Path.Combine(OdbcDriver.LibraryFolder, "libmariadb3/plugin"), "/usr/lib64/mariadb/plugin", "/usr/lib64/mysql/plugin",
        "/usr/lib/mariadb/plugin", "/usr/lib/mysql/plugin",
    ];

    private static readonly Lock Making = new();
    private static DirectoryInfo? s_temporary;

    /// <summary>
    /// Path of the folder, which holds the safe plugins that are installed now and nothing else. One in a folder of the server's outlives
    /// the process and is taken up by the next; a temporary one is removed when the process ends in order.
    /// </summary>
    /// <exception cref="RotatorException">It cannot be made.</exception>
    public static string Folder(RotatorOptions options)
    {
        try
        {
            lock (Making)
            {
                var folder = options.ClientFolder is { } parent
                    ? Directory.CreateDirectory(Path.Combine(parent, Name), OwnerOnly)
                    : s_temporary ??= MakeTemporary();
                Fill(folder);
                return folder.FullName;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RotatorException(
                FailureCause.Precondition, $"The Rekey server cannot write the folder of its MySQL client's plugins: {e.Message}");
        }
    }

    private static void Fill(DirectoryInfo folder)
    {
        // What a link leads to is not ours to tidy.
        if (folder.LinkTarget is not null) throw new IOException($"{folder.FullName} is a symbolic link.");
        var targets = Safe.Select(name => Places.Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists))
            .OfType<string>().ToDictionary(target => Path.GetFileName(target));
        foreach (var entry in folder.EnumerateFileSystemInfos().ToList())
        {
            if (entry.LinkTarget is { } target && targets.GetValueOrDefault(entry.Name) == target) targets.Remove(entry.Name);
            else entry.Delete();
        }
        foreach (var (name, target) in targets) File.CreateSymbolicLink(Path.Combine(folder.FullName, name), target);
    }

    private static DirectoryInfo MakeTemporary()
    {
        var folder = Directory.CreateTempSubdirectory("rekey-plugins-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(folder);
        return folder;
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
