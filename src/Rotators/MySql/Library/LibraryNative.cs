using System.Runtime.InteropServices;

namespace Rekey.Rotators.MySql.Library;

/// <summary>The functions of MariaDB Connector/C that the rotators use. Text is UTF-8. Source: MariaDB Connector/C 3, mysql.h.</summary>
internal static unsafe partial class LibraryNative
{
    public const string Name = "libmariadb.so.3";

    public const uint ProtocolTcp = 1;

    [LibraryImport(Name)]
    public static partial nint mysql_init(nint allocated);

    /// <returns>0 when the library knows the option.</returns>
    [LibraryImport(Name)]
    public static partial int mysql_options(LibraryHandle connection, LibraryOption option, void* value);

    /// <returns>0 when the login failed.</returns>
    [LibraryImport(Name)]
    public static partial nint mysql_real_connect(
        LibraryHandle connection, byte* host, byte* user, byte* password, byte* database, uint port, byte* socket, CULong flags);

    [LibraryImport(Name)]
    public static partial void mysql_close(nint connection);

    /// <summary>Ends the connection at once, so that nothing waits for the server any more; the handle stays.</summary>
    [LibraryImport(Name)]
    public static partial int mariadb_cancel(LibraryHandle connection);

    [LibraryImport(Name)]
    public static partial int mysql_real_query(LibraryHandle connection, byte* statement, CULong length);

    [LibraryImport(Name)]
    public static partial uint mysql_field_count(LibraryHandle connection);

    /// <summary>The rows of the last statement, read from the server one by one; 0 when it returns none.</summary>
    [LibraryImport(Name)]
    public static partial nint mysql_use_result(LibraryHandle connection);

    /// <returns>The values of the next row, 0 for null; 0 after the last row, or when it could not be read.</returns>
    [LibraryImport(Name)]
    public static partial byte** mysql_fetch_row(nint result);

    [LibraryImport(Name)]
    public static partial CULong* mysql_fetch_lengths(nint result);

    /// <summary>Reads what is left of the rows, and frees the rest.</summary>
    [LibraryImport(Name)]
    public static partial void mysql_free_result(nint result);

    [LibraryImport(Name)]
    public static partial uint mysql_errno(LibraryHandle connection);

    [LibraryImport(Name)]
    public static partial byte* mysql_sqlstate(LibraryHandle connection);

    [LibraryImport(Name)]
    public static partial byte* mysql_error(LibraryHandle connection);

    [LibraryImport(Name)]
    public static partial byte* mysql_get_server_info(LibraryHandle connection);
}

/// <summary>The header's numbers.</summary>
internal enum LibraryOption
{
    ConnectTimeout = 0,
    CharacterSet = 7,
    LocalInfile = 8,
    Protocol = 9,
    ReadTimeout = 11,
    WriteTimeout = 12,
    Reconnect = 20,
    VerifyServerCertificate = 21,
    PluginFolder = 22,
    CertificateAuthorities = 27,
    EnforceTls = 38,
    PacketMax = 39,
    TlsVersions = 41,
    AuthenticationPlugins = 7026,
}
