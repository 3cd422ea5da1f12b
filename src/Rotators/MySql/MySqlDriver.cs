using System.Globalization;
using Rekey.Rotators.MySql.Library;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql;

/// <summary>MariaDB Connector/ODBC, which speaks to MySQL and MariaDB: where it lies and how its connections are told to behave.</summary>
internal sealed class MySqlDriver(RotatorOptions options)
{
    private static readonly string[] DriverPlaces =
    [
        Path.Combine(OdbcDriver.LibraryFolder, "odbc/libmaodbc.so"), "/usr/lib64/libmaodbc.so", "/usr/lib/libmaodbc.so",
    ];

    private static readonly string[] AuthorityPlaces = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/cert.pem", "/etc/ssl/cert.pem"];

    /// <summary>What keeps every login from being tried; null when nothing does. The text names the package to install.</summary>
    public static string? Missing(RotatorOptions options) =>
        OdbcDriver.Missing(() => new MySqlDriver(options).DriverFile());

    /// <summary>The string for one login; with TLS, its chain and host name are verified and no fallback is possible.</summary>
    public OdbcConnectionString ConnectionString(DatabaseCredentials credentials, bool tls)
    {
        var statementSeconds = Text(StatementSeconds);
        var text = new OdbcConnectionString(DriverFile());
        try
        {
            text.Add("SERVER", credentials.Host)
                .Add("PORT", credentials.Port.ToString(CultureInfo.InvariantCulture))
                .Add("TCPIP", "1")
                .Add("UID", credentials.Username)
                .Add("PWD", credentials.Password)
                .Add("CHARSET", "utf8mb4")
                .Add("CONN_TIMEOUT", Text(ConnectSeconds))
                .Add("READ_TIMEOUT", statementSeconds)
                .Add("WRITE_TIMEOUT", statementSeconds)
                .Add("NO_PROMPT", "1")
                .Add("USE_MYCNF", "0")
                .Add("AUTO_RECONNECT", "0")
                .Add("PLUGIN_DIR", MySqlClientPlugins.Folder(options));
            if (credentials.DatabaseName is { } database) text.Add("DATABASE", database);
            if (tls) text.Add("FORCETLS", "1").Add("SSLVERIFY", "1").Add("SSLCA", Authorities()).Add("TLSVERSION", "TLSv1.2,TLSv1.3");
            return text.Check();
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    /// <summary>The same for the library below the driver.</summary>
    public LibrarySettings LibrarySettings(bool tls) =>
        new(ConnectSeconds, StatementSeconds, MySqlClientPlugins.Folder(options), tls ? Authorities() : null);

    private uint ConnectSeconds => Seconds(options.ConnectTimeout);

    /// <summary>A little more than the server is given, so that it can still say what it waited for.</summary>
    private uint StatementSeconds => Seconds(options.CommandTimeout + TimeSpan.FromSeconds(2));

    private string DriverFile() => OdbcDriver.Demand("MySQL and MariaDB", "odbc-mariadb", options.OdbcMariaDbFile, DriverPlaces);

    private string Authorities()
    {
        if (options.CaFile is { } configured)
        {
            return File.Exists(configured)
                ? configured
                : throw Refused($"The configured file of certificate authorities, {configured}, does not exist");
        }
        return AuthorityPlaces.FirstOrDefault(File.Exists)
            ?? throw Refused("The Rekey server has no list of certificate authorities: install the Debian package ca-certificates");
    }

    private static uint Seconds(TimeSpan time) => Math.Max(1, (uint)Math.Ceiling(time.TotalSeconds));

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private static RotatorException Refused(string message) => new(FailureCause.Precondition, message);
}
