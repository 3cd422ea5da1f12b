using Rekey.Rotators.MySql.Library;
using Rekey.Rotators.Odbc;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>How MySQL and MariaDB are logged in to.</summary>
internal sealed class MySqlLogin(RotatorOptions options) : IDatabaseLogin
{
    private readonly MySqlDriver _driver = new(options);

    public async Task<IAccountSession> LogInAsync(DatabaseCredentials credentials, CancellationToken cancellationToken) =>
        await OpenAsync(credentials, cancellationToken);

    public IAsyncEnumerable<HopResult> DiagnoseAsync(DatabaseCredentials current, CancellationToken cancellationToken) =>
        new MySqlDiagnosis(this, options, current).RunAsync(cancellationToken);

    /// <summary>Opens a session; over TLS unless the credentials ask for none, or allow none and the server offers none.</summary>
    public async Task<MySqlSession> OpenAsync(DatabaseCredentials credentials, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(credentials, credentials.Tls != TlsMode.Plaintext, cancellationToken);
        }
        catch (RotatorException e) when (credentials.Tls == TlsMode.VerifiedOrPlaintext && MySqlErrors.IsTlsNotOffered(e))
        {
            return await OpenAsync(credentials, tls: false, cancellationToken);
        }
    }

    private async Task<MySqlSession> OpenAsync(DatabaseCredentials credentials, bool tls, CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(credentials, tls, cancellationToken);
        return await MySqlSession.BeginAsync(
            connection, credentials, options.CommandTimeout, stop => ConnectAsync(credentials, tls, stop), cancellationToken);
    }

    private async Task<DriverConnection> ConnectAsync(DatabaseCredentials credentials, bool tls, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenConnectionAsync(credentials, tls, cancellationToken);
        }
        catch (OdbcException e)
        {
            throw MySqlErrors.ClassifyLogin(e, tls);
        }
    }

    /// <summary>The driver sets a variable that MySQL has since 5.7; to a server without it, the library below the driver speaks.</summary>
    private async Task<DriverConnection> OpenConnectionAsync(
        DatabaseCredentials credentials, bool tls, CancellationToken cancellationToken)
    {
        try
        {
            return await OdbcConnection.OpenAsync(_driver.ConnectionString(credentials, tls), cancellationToken);
        }
        catch (OdbcException e) when (e.NativeCode == MySqlErrors.VariableUnknown)
        {
            return await LibraryConnection.OpenAsync(credentials, _driver.LibrarySettings(tls), cancellationToken);
        }
    }
}
