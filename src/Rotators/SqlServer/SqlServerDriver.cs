using System.Globalization;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;

namespace Rekey.Rotators.SqlServer;

/// <summary>
/// Microsoft's ODBC driver, and FreeTDS's for connections without TLS: FreeTDS verifies certificates only where a file of its own on the
/// machine says so, which no connection string can ask for.
/// </summary>
internal sealed class SqlServerDriver(RotatorOptions options)
{
    /// <summary>Places of Microsoft's packages; the version at the end differs by release.</summary>
    private static readonly string[] DriverFolders =
        ["/opt/microsoft/msodbcsql18/lib64", "/usr/lib64", "/usr/lib/libmsodbcsql-18"];

    public string File => OdbcDriver.DemandProduct(
        "SQL Server", "install Microsoft's package msodbcsql18", options.OdbcSqlServerFile, [.. DriverFolders.SelectMany(Libraries)]);

    public Task<SqlSession> ConnectAsync(DatabaseCredentials credentials, SqlRoute route, CancellationToken cancellationToken) =>
        OdbcSession.OpenAsync(ConnectionString(credentials, route), options, cancellationToken);

    /// <summary>The string for one login; with TLS, its chain and host name are verified and no fallback is possible.</summary>
    public OdbcConnectionString ConnectionString(DatabaseCredentials credentials, SqlRoute route)
    {
        var file = File;
        var isFreeTds = Path.GetFileName(file).StartsWith("libtdsodbc", StringComparison.Ordinal);
        if (isFreeTds && route.Tls)
        {
            throw new RotatorException(
                FailureCause.Precondition,
                "FreeTDS cannot be told to verify the server's certificate: install Microsoft's package msodbcsql18");
        }
        var text = new OdbcConnectionString(file);
        try
        {
            var port = credentials.Port.ToString(CultureInfo.InvariantCulture);
            if (isFreeTds) text.Add("SERVER", credentials.Host).Add("PORT", port).Add("TDS_Version", "7.4").Add("ClientCharset", "UTF-8");
            else AddMicrosoft(text, credentials, route, port);
            text.Add("UID", credentials.Username).Add("PWD", credentials.Password).Add("APP", "Rekey");
            if ((route.Database ?? credentials.DatabaseName) is { } database) text.Add("DATABASE", database);
            return text.Check();
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    private void AddMicrosoft(OdbcConnectionString text, DatabaseCredentials credentials, SqlRoute route, string port)
    {
        text.Add("SERVER", $"tcp:{credentials.Host},{port}").Add("ConnectRetryCount", "0");
        if (!route.Tls)
        {
            text.Add("Encrypt", "no");
            return;
        }
        text.Add("TrustServerCertificate", "no");
        if (options.SqlServerCertificateFile is not { } certificate)
        {
            text.Add("Encrypt", "yes");
            return;
        }
        if (!System.IO.File.Exists(certificate))
        {
            throw new RotatorException(
                FailureCause.Precondition, $"The configured certificate of SQL Server, {certificate}, does not exist");
        }
        text.Add("Encrypt", "strict").Add("ServerCertificate", certificate);
    }

    private static IEnumerable<string> Libraries(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "libmsodbcsql-18*.so*").OrderDescending(StringComparer.Ordinal)
        : [];
}
