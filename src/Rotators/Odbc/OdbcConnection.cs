namespace Rekey.Rotators.Odbc;

/// <summary>
/// One connection, used by one caller at a time. Calls block inside the driver, so each runs on a thread of its own. Failures are
/// <see cref="OdbcException"/>; statement texts are neither kept nor logged.
/// </summary>
internal sealed class OdbcConnection : DriverConnection
{
    private const nint OdbcVersion3 = 3;
    private const nint Off = 0;
    private const nint On = 1;
    private const ushort NoPrompt = 0;

    private const int RowCharactersMax = 1024 * 1024;
    private const int AllCharactersMax = 32 * RowCharactersMax;

    private static readonly Lazy<OdbcHandle> SharedEnvironment = new(AllocateEnvironment);

    private readonly OdbcHandle _handle;
    private readonly OdbcTimeLimits? _limits;
    private Task _running = Task.CompletedTask;

    private OdbcConnection(OdbcHandle handle, OdbcTimeLimits? limits)
    {
        _handle = handle;
        _limits = limits;
    }

    /// <summary>
    /// Connects. The driver cannot be interrupted here: it keeps to the time limits in the connection string. When the caller gives up
    /// earlier, the connection is closed as soon as the driver comes back. Takes ownership of the string.
    /// </summary>
    public static Task<OdbcConnection> OpenAsync(OdbcConnectionString text, CancellationToken cancellationToken) =>
        OpenAsync(text, limits: null, cancellationToken);

    /// <inheritdoc cref="OpenAsync(OdbcConnectionString, CancellationToken)"/>
    public static Task<OdbcConnection> OpenAsync(
        OdbcConnectionString text, OdbcTimeLimits? limits, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) text.Dispose();
        cancellationToken.ThrowIfCancellationRequested();
        var opening = OnOwnThread(() =>
        {
            using (text) return Open(text.Span, limits);
        });
        return AbandonableAsync(opening, cancellationToken);
    }

    /// <summary>Runs a statement, or a batch of them, that returns nothing of interest. Takes ownership of the text.</summary>
    public override async Task ExecuteAsync(SensitiveText statement, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) statement.Dispose();
        await RunAsync(
            handle =>
            {
                using (statement) Execute(handle, statement.Span);
                Drain(handle);
                return true;
            },
            cancellationToken);
    }

    public override Task<List<string?>?> QueryRowAsync(string statement, CancellationToken cancellationToken) =>
        RunAsync(
            handle =>
            {
                Execute(handle, statement);
                return new OdbcAnswer(handle, charactersMax: RowCharactersMax).FetchRow();
            },
            cancellationToken);

    public override Task<List<List<string?>>> QueryRowsAsync(string statement, int rowsMax, CancellationToken cancellationToken) =>
        RunAsync(
            handle =>
            {
                Execute(handle, statement);
                var answer = new OdbcAnswer(handle, charactersMax: AllCharactersMax);
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
        // A call that was given up still uses the handle; it ends within the driver's time limits, and the connection with it.
        var closing = _running.ContinueWith(
            _ => _handle.Dispose(), CancellationToken.None, TaskContinuationOptions.LongRunning, TaskScheduler.Default);
        if (_running.IsCompleted) await closing;
    }

    /// <summary>
    /// There is no call to interrupt the driver with: its SQLCancel logs in a second time, without TLS. So a caller who gives up leaves
    /// the call to run into the driver's time limits, and the connection is of no use afterwards.
    /// </summary>
    private Task<T> RunAsync<T>(Func<OdbcHandle, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_running.IsCompleted) throw new InvalidOperationException("A call on this connection has not ended.");
        var running = OnOwnThread(() =>
        {
            using var statement = OdbcHandle.Allocate(OdbcNative.StatementHandle, _handle);
            // The driver must not look for escape sequences in the text: passwords hold braces and question marks.
            _ = OdbcNative.SQLSetStmtAttrW(statement, OdbcNative.AttributeNoScan, On, 0);
            // A driver without this limit leaves the wait to the caller's own.
            if (_limits is not null)
            {
                _ = OdbcNative.SQLSetStmtAttrW(
                    statement, OdbcNative.AttributeQueryTimeout, OdbcTimeLimits.Seconds(_limits.Statement), 0);
            }
            return work(statement);
        });
        _running = running;
        return running.WaitAsync(cancellationToken);
    }

    private static OdbcHandle AllocateEnvironment()
    {
        var environment = OdbcHandle.Allocate(OdbcNative.EnvironmentHandle, parent: null);
        Demand(environment, OdbcNative.SQLSetEnvAttr(environment, OdbcNative.AttributeOdbcVersion, OdbcVersion3, 0));
        return environment;
    }

    private static unsafe OdbcConnection Open(ReadOnlySpan<char> text, OdbcTimeLimits? limits)
    {
        var handle = OdbcHandle.Allocate(OdbcNative.ConnectionHandle, Environment());
        try
        {
            StopTracing(handle);
            if (limits is not null)
            {
                var seconds = OdbcTimeLimits.Seconds(limits.Login);
                OdbcException.Demand(handle, OdbcNative.SQLSetConnectAttrW(handle, OdbcNative.AttributeLoginTimeout, seconds, 0));
            }
            fixed (char* start = text)
            {
                Demand(handle, OdbcNative.SQLDriverConnectW(handle, 0, start, checked((short)text.Length), 0, 0, 0, NoPrompt));
            }
            handle.IsConnected = true;
            return new OdbcConnection(handle, limits)
            {
                Server = (ReadInfo(handle, OdbcNative.InfoServerName), ReadInfo(handle, OdbcNative.InfoServerVersion)),
            };
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static OdbcHandle Environment()
    {
        try
        {
            return SharedEnvironment.Value;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw OdbcDriver.ManagerMissing(e);
        }
    }

    /// <summary>The driver manager's trace file would hold connection strings and statements.</summary>
    private static void StopTracing(OdbcHandle connection)
    {
        _ = OdbcNative.SQLSetConnectAttrW(connection, OdbcNative.AttributeTrace, Off, 0);
        Demand(connection, OdbcNative.SQLGetConnectAttrW(connection, OdbcNative.AttributeTrace, out var tracing, sizeof(uint), 0));
        if (tracing == Off) return;
        throw new RotatorException(
            FailureCause.Precondition,
            "ODBC tracing is forced on the Rekey server, and would write passwords to its file: remove ForceTrace from odbcinst.ini");
    }

    private static unsafe string ReadInfo(OdbcHandle connection, ushort kind)
    {
        const int Max = 128;
        var value = stackalloc char[Max];
        Demand(connection, OdbcNative.SQLGetInfoW(connection, kind, value, Max * sizeof(char), out var bytes));
        return new string(value, 0, Math.Min(bytes / sizeof(char), Max - 1));
    }

    /// <summary>What a batch's second statement has to complain about is told only when its result is asked for.</summary>
    private static void Drain(OdbcHandle statement)
    {
        while (true)
        {
            var status = OdbcNative.SQLMoreResults(statement);
            if (status == OdbcNative.NoData) return;
            OdbcException.Demand(statement, status);
        }
    }

    private static unsafe void Execute(OdbcHandle statement, ReadOnlySpan<char> text)
    {
        fixed (char* start = text)
        {
            var status = OdbcNative.SQLExecDirectW(statement, start, text.Length);
            if (status != OdbcNative.NoData) Demand(statement, status);
        }
    }

    private static void Demand(OdbcHandle handle, short status) => OdbcException.Demand(handle, status);

    private static Task<T> OnOwnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task<OdbcConnection> AbandonableAsync(Task<OdbcConnection> opening, CancellationToken cancellationToken)
    {
        try
        {
            return await opening.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(
                late => late.IsCompletedSuccessfully ? late.Result.DisposeAsync().AsTask() : late,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }
}
