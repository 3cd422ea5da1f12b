using Microsoft.Extensions.DependencyInjection;

namespace Rekey.Server.Tests.Fakes;

/// <summary>How a test wants its server.</summary>
public sealed record TestServerOptions
{
    /// <summary>A directory to keep; null: one that lives as long as the server.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>A PostgreSQL connection string; null: SQLite.</summary>
    public string? Database { get; init; }

    public ManualClock? Clock { get; init; }

    /// <summary>Further settings, by their full keys.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>Last word on the services, to put fakes in place.</summary>
    public Action<IServiceCollection>? Services { get; init; }
}
