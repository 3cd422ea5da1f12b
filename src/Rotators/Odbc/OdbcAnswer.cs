using System.Text;

namespace Rekey.Rotators.Odbc;

/// <summary>Reads the rows of one result as text.</summary>
/// <param name="statement">A statement that was executed.</param>
/// <param name="charactersMax">Bound of all values together, UTF-16 units. <see cref="FailureCause.Other"/> beyond.</param>
internal sealed class OdbcAnswer(OdbcHandle statement, int charactersMax)
{
    private const int PieceMax = 4096;

    private readonly char[] _piece = new char[PieceMax];
    private readonly StringBuilder _long = new();
    private short _columns = -1;
    private int _charactersLeft = charactersMax;

    public static RotatorException TooLong() => new(FailureCause.Other, "The server's answer is longer than any that is meant to be");

    /// <summary>The next row's values; null after the last row, or when the statement returns none.</summary>
    public List<string?>? FetchRow()
    {
        if (_columns < 0) OdbcException.Demand(statement, OdbcNative.SQLNumResultCols(statement, out _columns));
        if (_columns == 0) return null;
        var status = OdbcNative.SQLFetch(statement);
        if (status == OdbcNative.NoData) return null;
        OdbcException.Demand(statement, status);
        var row = new List<string?>(_columns);
        for (var column = 1; column <= _columns; column++) row.Add(ReadText((ushort)column));
        return row;
    }

    /// <summary>Long values come in pieces, each of which ends with a NUL.</summary>
    private unsafe string? ReadText(ushort column)
    {
        _long.Clear();
        while (true)
        {
            short status;
            nint bytes;
            fixed (char* start = _piece)
            {
                status = OdbcNative.SQLGetData(statement, column, OdbcNative.TypeWideText, start, PieceMax * sizeof(char), out bytes);
            }
            if (status == OdbcNative.NoData) return _long.ToString();
            OdbcException.Demand(statement, status);
            if (bytes == OdbcNative.NullData) return null;
            var isLast = status == OdbcNative.Success;
            var piece = _piece.AsSpan(0, isLast && bytes >= 0 ? (int)Math.Min(bytes / sizeof(char), PieceMax - 1) : PieceMax - 1);
            if (!isLast && piece.IndexOf('\0') is var end and >= 0) piece = piece[..end];
            _charactersLeft -= piece.Length;
            if (_charactersLeft < 0) throw TooLong();
            if (isLast && _long.Length == 0) return new string(piece);
            _long.Append(piece);
            if (isLast) return _long.ToString();
        }
    }
}
