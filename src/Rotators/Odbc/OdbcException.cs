namespace Rekey.Rotators.Odbc;

/// <summary>
/// What the driver reports of a failed call. The message holds codes only; <see cref="ServerText"/> has the words of driver and server,
/// which may quote the statement.
/// </summary>
internal sealed class OdbcException(string sqlState, int nativeCode, string serverText)
    : Exception($"The database driver reports SQLSTATE {sqlState}, code {nativeCode}.")
{
    /// <summary>Five characters.</summary>
    public string SqlState { get; } = sqlState;

    /// <summary>The code of the server, or of its client library; 0 when the driver manager itself failed.</summary>
    public int NativeCode { get; } = nativeCode;

    public string ServerText { get; } = serverText;

    /// <summary>Throws what the handle has to report, unless the call succeeded.</summary>
    public static void Demand(OdbcHandle handle, short status)
    {
        if (status is not (OdbcNative.Success or OdbcNative.SuccessWithInfo)) throw From(handle);
    }

    /// <summary>The codes of all records, in the driver's order: a refused database may hide behind a refused login.</summary>
    public IReadOnlyList<int> Codes { get; init; } = [nativeCode];

    /// <summary>Reads the diagnostic records of a handle; the first that is an error speaks for them.</summary>
    public static OdbcException From(OdbcHandle handle)
    {
        const int RecordsMax = 8;
        OdbcException? chosen = null;
        List<int> codes = [];
        for (short record = 1; record <= RecordsMax; record++)
        {
            if (Read(handle, record) is not { } read) break;
            codes.Add(read.NativeCode);
            if (chosen is null || (IsWarning(chosen) && !IsWarning(read))) chosen = read;
        }
        if (chosen is null) return new OdbcException("HY000", 0, "");
        return new OdbcException(chosen.SqlState, chosen.NativeCode, chosen.ServerText) { Codes = codes };
    }

    private static bool IsWarning(OdbcException record) => record.SqlState.StartsWith("01", StringComparison.Ordinal);

    private static unsafe OdbcException? Read(OdbcHandle handle, short record)
    {
        const int StateLength = 5;
        const int TextMax = 512;
        var state = stackalloc char[StateLength + 1];
        var text = stackalloc char[TextMax];
        var status = OdbcNative.SQLGetDiagRecW(handle.Type, handle, record, state, out var code, text, TextMax, out var length);
        if (status is not (OdbcNative.Success or OdbcNative.SuccessWithInfo)) return null;
        return new OdbcException(new string(state, 0, StateLength), code, new string(text, 0, Math.Clamp((int)length, 0, TextMax - 1)));
    }
}
