using System.Buffers;
using System.Globalization;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Sql;

namespace Rekey.Rotators.Oracle;

/// <summary>Oracle Instant Client's ODBC driver: where it lies and how its connections are told to behave.</summary>
internal sealed class OracleDriver(RotatorOptions options)
{
    private static readonly SearchValues<char> DatabaseCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._$#-");

    public string File => OdbcDriver.DemandProduct(
        "Oracle", "install Oracle's packages instantclient-basic and instantclient-odbc", options.OdbcOracleFile, [.. Places()]);

    public Task<SqlSession> ConnectAsync(DatabaseCredentials credentials, SqlRoute route, CancellationToken cancellationToken) =>
        OdbcSession.OpenAsync(ConnectionString(credentials, route), options, cancellationToken);

    /// <summary>
    /// The string for one login. The address is written out as a descriptor, in which nothing of the secret can be more than a name.
    /// </summary>
    public OdbcConnectionString ConnectionString(DatabaseCredentials credentials, SqlRoute route)
    {
        var text = new OdbcConnectionString(File);
        try
        {
            return text.Add("DBQ", Descriptor(credentials, route))
                .Add("UID", credentials.Username).Add("PWD", credentials.Password)
                // Query time-outs on, no conversion of what is not ours to convert.
                .Add("QTO", "T").Add("FWC", "T").Check();
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    private string Descriptor(DatabaseCredentials credentials, SqlRoute route)
    {
        var database = credentials.DatabaseName
            ?? throw new RotatorException(FailureCause.Precondition, "dbname key is missing from secret JSON");
        if (database.AsSpan().ContainsAnyExcept(DatabaseCharacters))
            throw new RotatorException(FailureCause.Precondition, "dbname is no name of an Oracle service in secret JSON");
        var seconds = Math.Max(1, (int)Math.Ceiling(options.ConnectTimeout.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var security = route.Tls ? $"(SECURITY=(SSL_SERVER_DN_MATCH=TRUE){Wallet()})" : "";
        return $"(DESCRIPTION=(CONNECT_TIMEOUT={seconds})(TRANSPORT_CONNECT_TIMEOUT={seconds})(RETRY_COUNT=0)"
            + $"(ADDRESS=(PROTOCOL={(route.Tls ? "TCPS" : "TCP")})(HOST={credentials.Host})(PORT={credentials.Port}))"
            + $"(CONNECT_DATA=({(route.IsInstance ? "SID" : "SERVICE_NAME")}={database})){security})";
    }

    private string Wallet()
    {
        if (options.OracleWalletFolder is not { } folder) return "";
        if (!Directory.Exists(folder) || folder.AsSpan().ContainsAny("()="))
            throw new RotatorException(FailureCause.Precondition, $"The configured wallet {folder} does not exist or cannot be named");
        return $"(MY_WALLET_DIRECTORY={folder})";
    }

    private static IEnumerable<string> Places()
    {
        foreach (var root in (ReadOnlySpan<string>)["/usr/lib/oracle", "/opt/oracle"])
        {
            if (!Directory.Exists(root)) continue;
            var files = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4 };
            return Directory.EnumerateFiles(root, "libsqora.so*", files).OrderDescending(StringComparer.Ordinal);
        }
        return [];
    }
}
