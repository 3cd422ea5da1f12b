using System.Text;
using Rekey.Rotators.Odbc;

namespace Rekey.Rotators.MySql.Library;

/// <summary>The rows of the last statement, as text. Unless they are read to their end, the connection is lost.</summary>
internal sealed unsafe class LibraryAnswer : IDisposable
{
    private readonly LibraryHandle _connection;
    private readonly nint _result;
    private readonly int _columns;
    private int _charactersLeft;
    private bool _isRead;

    /// <param name="connection">One whose statement succeeded.</param>
    /// <param name="charactersMax">Bound of all values together, UTF-16 units. <see cref="FailureCause.Other"/> beyond.</param>
    public LibraryAnswer(LibraryHandle connection, int charactersMax)
    {
        _connection = connection;
        _charactersLeft = charactersMax;
        _columns = (int)LibraryNative.mysql_field_count(connection);
        if (_columns == 0) return;
        _result = LibraryNative.mysql_use_result(connection);
        if (_result == 0) throw LibraryConnection.Failure(connection);
    }

    /// <summary>The next row's values; null after the last row, or when the statement returns none.</summary>
    public List<string?>? FetchRow()
    {
        if (_result == 0 || _isRead) return null;
        var values = LibraryNative.mysql_fetch_row(_result);
        if (values is null)
        {
            if (LibraryNative.mysql_errno(_connection) != 0) throw LibraryConnection.Failure(_connection);
            _isRead = true;
            return null;
        }
        var lengths = LibraryNative.mysql_fetch_lengths(_result);
        var row = new List<string?>(_columns);
        for (var column = 0; column < _columns; column++)
        {
            if (values[column] is null)
            {
                row.Add(null);
                continue;
            }
            var bytes = new ReadOnlySpan<byte>(values[column], checked((int)lengths[column].Value));
            _charactersLeft -= Encoding.UTF8.GetCharCount(bytes);
            if (_charactersLeft < 0) throw OdbcAnswer.TooLong();
            row.Add(Encoding.UTF8.GetString(bytes));
        }
        return row;
    }

    public void Dispose()
    {
        if (_result == 0) return;
        // To free the rows is to read them all, which a hostile server could make last for ever.
        if (!_isRead) _ = LibraryNative.mariadb_cancel(_connection);
        LibraryNative.mysql_free_result(_result);
    }
}
