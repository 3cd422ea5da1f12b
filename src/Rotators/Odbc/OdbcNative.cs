using System.Runtime.InteropServices;

namespace Rekey.Rotators.Odbc;

/// <summary>The functions of unixODBC's driver manager that the rotators use. Wide text is UTF-16 there too. Source: ODBC 3.8.</summary>
internal static unsafe partial class OdbcNative
{
    public const short Success = 0;
    public const short SuccessWithInfo = 1;
    public const short NoData = 100;

    public const short EnvironmentHandle = 1;
    public const short ConnectionHandle = 2;
    public const short StatementHandle = 3;

    /// <summary>A length that says: the text ends with a NUL.</summary>
    public const int NulTerminated = -3;

    public const int AttributeOdbcVersion = 200;
    public const int AttributeTrace = 104;
    public const int AttributeNoScan = 2;
    public const int AttributeQueryTimeout = 0;
    public const int AttributeLoginTimeout = 103;

    public const short TypeWideText = -8;
    public const nint NullData = -1;

    public const ushort InfoServerName = 17;
    public const ushort InfoServerVersion = 18;

    public const string Library = "libodbc.so.2";

    [LibraryImport(Library)]
    public static partial short SQLAllocHandle(short type, nint parent, out nint handle);

    [LibraryImport(Library)]
    public static partial short SQLFreeHandle(short type, nint handle);

    [LibraryImport(Library)]
    public static partial short SQLSetEnvAttr(OdbcHandle environment, int attribute, nint value, int length);

    [LibraryImport(Library)]
    public static partial short SQLSetConnectAttrW(OdbcHandle connection, int attribute, nint value, int length);

    [LibraryImport(Library)]
    public static partial short SQLGetConnectAttrW(OdbcHandle connection, int attribute, out uint value, int bytesMax, nint length);

    [LibraryImport(Library)]
    public static partial short SQLDriverConnectW(
        OdbcHandle connection, nint window, char* text, short length,
        nint completed, short completedMax, nint completedLength, ushort prompt);

    [LibraryImport(Library)]
    public static partial short SQLGetInfoW(OdbcHandle connection, ushort kind, char* value, short bytesMax, out short bytes);

    [LibraryImport(Library)]
    public static partial short SQLDisconnect(nint connection);

    [LibraryImport(Library)]
    public static partial short SQLSetStmtAttrW(OdbcHandle statement, int attribute, nint value, int length);

    [LibraryImport(Library)]
    public static partial short SQLExecDirectW(OdbcHandle statement, char* text, int length);

    [LibraryImport(Library)]
    public static partial short SQLNumResultCols(OdbcHandle statement, out short count);

    [LibraryImport(Library)]
    public static partial short SQLFetch(OdbcHandle statement);

    [LibraryImport(Library)]
    public static partial short SQLMoreResults(OdbcHandle statement);

    [LibraryImport(Library)]
    public static partial short SQLGetData(OdbcHandle statement, ushort column, short type, char* value, nint bytesMax, out nint bytes);

    [LibraryImport(Library)]
    public static partial short SQLGetDiagRecW(
        short type, OdbcHandle handle, short record, char* state, out int nativeCode, char* text, short textMax, out short textLength);
}
