using System.Runtime.InteropServices;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql.Library;

/// <summary>
/// A connection by MariaDB Connector/C, the library below the ODBC driver. It sends no statement of its own, so that it speaks to servers
/// that are too old for the driver. Calls block inside the library, so each runs on a thread of its own.
/// </summary>
internal sealed class LibraryConnection : DriverConnection
{
    private const int RowCharactersMax = 1024 * 1024;
    private const int AllCharactersMax = 32 * RowCharactersMax;
    private const int PacketMax = 2 * AllCharactersMax;

    private const string Plugins = "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec";

    private readonly LibraryHandle _handle;
    private Task _running = Task.CompletedTask;

    private LibraryConnection(LibraryHandle handle)
    {
        _handle = handle;
        var version = Text(handle, Answer.ServerInfo);
        Server = (version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase) ? "MariaDB" : "MySQL", version);
    }

    private enum Answer
    {
        ServerInfo,
        SqlState,
        Error,
    }

    /// <summary>
    /// Connects. The library cannot be interrupted here: it keeps to the time limits of the settings. When the caller gives up earlier,
    /// the connection is closed as soon as it comes back.
    /// </summary>
    public static async Task<LibraryConnection> OpenAsync(
        DatabaseCredentials credentials, LibrarySettings settings, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var opening = OnOwnThread(() => Open(credentials, settings));
        try
        {
            return await opening.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(
                late => late.IsCompletedSuccessfully ? late.Result.DisposeAsync().AsTask() : late,
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    public override async Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) statement.Dispose();
        await RunAsync(
            () =>
            {
                using (statement) Execute(statement.Span);
                using var answer = new LibraryAnswer(_handle, RowCharactersMax);
                while (answer.FetchRow() is not null)
                {
                    // The next statement can be sent only when all rows are read.
                }
                return true;
            },
            cancellationToken);
    }

    public override Task<List<string?>?> QueryRowAsync(string statement, CancellationToken cancellationToken) =>
        RunAsync(
            () =>
            {
                Execute(statement);
                using var answer = new LibraryAnswer(_handle, RowCharactersMax);
                var row = answer.FetchRow();
                while (answer.FetchRow() is not null)
                {
                    // The next statement can be sent only when all rows are read.
                }
                return row;
            },
            cancellationToken);

    public override Task<List<List<string?>>> QueryRowsAsync(string statement, int rowsMax, CancellationToken cancellationToken) =>
        RunAsync(
            () =>
            {
                Execute(statement);
                using var answer = new LibraryAnswer(_handle, AllCharactersMax);
                var rows = new List<List<string?>>();
                while (answer.FetchRow() is { } row)
                {
                    if (rows.Count == rowsMax) throw OdbcAnswer.TooLong();
                    rows.Add(row);
                }
                return rows;
            },
            cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        // A call that was given up still uses the handle; it ends within the time limits, and the connection with it.
        var closing = _running.ContinueWith(
            _ => _handle.Dispose(), CancellationToken.None, TaskContinuationOptions.LongRunning, TaskScheduler.Default);
        if (_running.IsCompleted) await closing;
    }

    /// <summary>What the connection's last call failed with.</summary>
    public static OdbcException Failure(LibraryHandle connection) =>
        new(Text(connection, Answer.SqlState), (int)LibraryNative.mysql_errno(connection), Text(connection, Answer.Error));

    /// <summary>A caller who gives up leaves the call to run into its time limits; the connection is of no use afterwards.</summary>
    private Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_running.IsCompleted) throw new InvalidOperationException("A call on this connection has not ended.");
        var running = OnOwnThread(work);
        _running = running;
        return running.WaitAsync(cancellationToken);
    }

    private static unsafe LibraryConnection Open(DatabaseCredentials credentials, LibrarySettings settings)
    {
        using var host = new LibraryText(credentials.Host).DemandWhole("host name");
        using var user = new LibraryText(credentials.Username).DemandWhole("user name");
        using var password = new LibraryText(credentials.Password).DemandWhole("password");
        using var database = new LibraryText(credentials.DatabaseName).DemandWhole("name of the database");
        var handle = Allocate();
        try
        {
            Configure(handle, settings);
            var connected = LibraryNative.mysql_real_connect(
                handle, host.Start, user.Start, password.Start, credentials.DatabaseName is null ? null : database.Start,
                (uint)credentials.Port, socket: null, flags: default);
            return connected == 0 ? throw Failure(handle) : new LibraryConnection(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static LibraryHandle Allocate()
    {
        try
        {
            return LibraryHandle.Allocate();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new RotatorException(
                FailureCause.Precondition,
                "The server is older than the ODBC driver knows, and the client library that knows it is missing on the Rekey server: "
                    + "install the Debian package libmariadb3",
                inner: e);
        }
    }

    private static void Configure(LibraryHandle handle, LibrarySettings settings)
    {
        Set(handle, LibraryOption.ConnectTimeout, settings.ConnectSeconds);
        Set(handle, LibraryOption.ReadTimeout, settings.StatementSeconds);
        Set(handle, LibraryOption.WriteTimeout, settings.StatementSeconds);
        Set(handle, LibraryOption.Protocol, LibraryNative.ProtocolTcp);
        Set(handle, LibraryOption.CharacterSet, "utf8mb4");
        Set(handle, LibraryOption.PluginFolder, settings.PluginFolder);
        Set(handle, LibraryOption.PacketMax, PacketMax);
        Set(handle, LibraryOption.Reconnect, 0);
        // A server may ask for any file of this machine, and for a password in a form that gives it away.
        Set(handle, LibraryOption.LocalInfile, 0);
        Set(handle, LibraryOption.AuthenticationPlugins, Plugins);
        if (settings.Authorities is null) return;
        Set(handle, LibraryOption.CertificateAuthorities, settings.Authorities);
        Set(handle, LibraryOption.TlsVersions, "TLSv1.2,TLSv1.3");
        Set(handle, LibraryOption.EnforceTls, 1);
        Set(handle, LibraryOption.VerifyServerCertificate, 1);
    }

    /// <summary>The library reads one, four or eight bytes, of which all but the first are zero in a flag.</summary>
    private static unsafe void Set(LibraryHandle handle, LibraryOption option, ulong value) => Demand(handle, option, &value);

    /// <summary>The library makes a copy of the text.</summary>
    private static unsafe void Set(LibraryHandle handle, LibraryOption option, string value)
    {
        using var text = new LibraryText(value);
        Demand(handle, option, text.Start);
    }

    private static unsafe void Demand(LibraryHandle handle, LibraryOption option, void* value)
    {
        if (LibraryNative.mysql_options(handle, option, value) != 0)
            throw new RotatorException(FailureCause.Precondition, $"The client library {LibraryNative.Name} does not know {option}");
    }

    private unsafe void Execute(ReadOnlySpan<char> statement)
    {
        using var text = new LibraryText(statement);
        if (LibraryNative.mysql_real_query(_handle, text.Start, new CULong((uint)text.Length)) != 0) throw Failure(_handle);
    }

    /// <summary>The library owns the texts: they are copied while the handle is held.</summary>
    private static unsafe string Text(LibraryHandle handle, Answer which)
    {
        var text = which switch
        {
            Answer.ServerInfo => LibraryNative.mysql_get_server_info(handle),
            Answer.SqlState => LibraryNative.mysql_sqlstate(handle),
            _ => LibraryNative.mysql_error(handle),
        };
        return Marshal.PtrToStringUTF8((nint)text) ?? "";
    }

    private static Task<T> OnOwnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
