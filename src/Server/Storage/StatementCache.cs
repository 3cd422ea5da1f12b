using System.Data.Common;

namespace Rekey.Server.Storage;

/// <summary>
/// The prepared statements of one connection by their text. A statement in use is not in the cache, so a nested use of the same text
/// gets its own. Not safe for threads: it belongs to its connection.
/// </summary>
internal sealed class StatementCache : IDisposable
{
    private readonly Dictionary<string, DbCommand> _idle = new(StringComparer.Ordinal);

    public DbCommand? Take(string sql) => _idle.Remove(sql, out var command) ? command : null;

    public void Return(DbCommand command)
    {
        if (_idle.Count < Limits.StatementsKeptPerConnection && _idle.TryAdd(command.CommandText, command)) return;
        command.Dispose();
    }

    public void Dispose()
    {
        foreach (var command in _idle.Values) command.Dispose();
        _idle.Clear();
    }
}
