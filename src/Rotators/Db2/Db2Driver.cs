using System.Globalization;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Db2;

/// <summary>IBM Data Server Driver's ODBC library: where it lies and how its connections are told to behave.</summary>
internal sealed class Db2Driver(RotatorOptions options)
{
    private static readonly string[] DriverPlaces =
    [
        "/opt/ibm/clidriver/lib/libdb2o.so.1", "/opt/ibm/db2/clidriver/lib/libdb2o.so.1", "/opt/ibm/dsdriver/lib/libdb2o.so.1",
        "/opt/ibm/db2/V12.1/lib64/libdb2o.so.1", "/opt/ibm/db2/V11.5/lib64/libdb2o.so.1",
    ];

    private static readonly string[] AuthorityPlaces = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/cert.pem", "/etc/ssl/cert.pem"];

    public string File => OdbcDriver.DemandProduct(
        "Db2", "install IBM Data Server Driver for ODBC and CLI (clidriver)", options.OdbcDb2File, DriverPlaces);

    public Task<SqlSession> ConnectAsync(DatabaseCredentials credentials, SqlRoute route, CancellationToken cancellationToken) =>
        OdbcSession.OpenAsync(ConnectionString(credentials, route), options, cancellationToken);

    /// <summary>The string for one login; with TLS, chain and host name are verified and no fallback is possible.</summary>
    public OdbcConnectionString ConnectionString(DatabaseCredentials credentials, SqlRoute route)
    {
        var database = route.Database ?? credentials.DatabaseName
            ?? throw new RotatorException(FailureCause.Precondition, "dbname key is missing from secret JSON");
        var text = new OdbcConnectionString(File);
        try
        {
            text.Add("HOSTNAME", credentials.Host)
                .Add("PORT", credentials.Port.ToString(CultureInfo.InvariantCulture))
                .Add("PROTOCOL", "TCPIP")
                .Add("DATABASE", database)
                .Add("UID", credentials.Username)
                .Add("PWD", credentials.Password);
            if (route.Wanted is { } wanted) text.Add("NEWPWD", wanted);
            if (route.Tls)
            {
                text.Add("SECURITY", "SSL").Add("SSLServerCertificate", Authorities()).Add("SSLClientHostnameValidation", "Basic");
            }
            return text.Check();
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    private string Authorities()
    {
        var file = options.CaFile ?? AuthorityPlaces.FirstOrDefault(System.IO.File.Exists);
        if (file is not null && System.IO.File.Exists(file)) return file;
        throw new RotatorException(
            FailureCause.Precondition, "The Rekey server has no list of certificate authorities: set CaFile or install ca-certificates");
    }
}
