using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Rekey.Server.Tests.Fakes;

/// <summary>Keeps every log message of a server, of all levels and categories, with its parameters and exception.</summary>
public sealed class LogCollector : ILoggerProvider
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();

    public IReadOnlyCollection<LogEntry> Entries => _entries;

    /// <summary>Everything that was said, one message after the other.</summary>
    public string Text => string.Join('\n', _entries);

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _entries);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<LogEntry> entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var parameters = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            var details = string.Join(' ', parameters.Select(parameter => $"{parameter.Key}={parameter.Value}"));
            entries.Enqueue(new LogEntry(logLevel, category, eventId.Id, formatter(state, exception), details, exception?.ToString()));
        }
    }
}

public sealed record LogEntry(LogLevel Level, string Category, int EventId, string Message, string Details, string? Exception);
