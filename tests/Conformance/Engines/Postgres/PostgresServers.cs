using System.Collections.Concurrent;
using Xunit;

[assembly: AssemblyFixture(typeof(Rekey.Conformance.Engines.Postgres.PostgresServers))]

namespace Rekey.Conformance.Engines.Postgres;

/// <summary>
/// One server a version, started when the first test asks, shared by all tests of the rotator. It speaks TLS as <c>localhost</c>, logs
/// every statement, and how a role is let in follows from the group it is put into.
/// </summary>
public sealed class PostgresServers : IAsyncDisposable
{
    public const string ByTrust = "let_in_by_trust";
    public const string ByMd5 = "let_in_by_md5";
    public const string ByCleartext = "let_in_by_cleartext";
    public const string ByTlsOnly = "let_in_by_tls_only";
    public const string ByIdent = "let_in_by_ident";

    private readonly ConcurrentDictionary<int, Lazy<Task<PrivatePostgres>>> _servers = new();
    private readonly TestAuthority _authority = new();

    internal TestAuthority Authority => _authority;

    internal Task<PrivatePostgres> GetAsync(int version)
    {
        var missing = PrivatePostgres.Missing(version);
        Assert.SkipWhen(missing is not null, missing ?? "");
        // Shared by tests, so no single test may cancel the start.
        return _servers.GetOrAdd(version, _ => new(() => StartAsync(version))).Value;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values)
            if (server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await server.Value).DisposeAsync();
        _authority.Dispose();
    }

    private async Task<PrivatePostgres> StartAsync(int version)
    {
        var (certificate, key) = _authority.Issue("localhost");
        var server = await PrivatePostgres.StartAsync(version, new PostgresSetup
        {
            Settings = ["ssl = on", "log_statement = all", "log_min_duration_statement = 0", "log_connections = on", "max_connections = 60",
                "password_encryption = 'scram-sha-256'"],
            Files = new Dictionary<string, string> { ["server.crt"] = certificate, ["server.key"] = key },
        }, CancellationToken.None);
        string[] groups = [ByTrust, ByMd5, ByCleartext, ByTlsOnly, ByIdent];
        foreach (var group in groups) await server.ExecuteAsync($"CREATE ROLE {group} NOLOGIN", CancellationToken.None);
        await server.UseHostRulesAsync(
            $"""
            host all +{ByTrust} 127.0.0.1/32 trust
            host all +{ByMd5} 127.0.0.1/32 md5
            host all +{ByCleartext} 127.0.0.1/32 password
            hostssl all +{ByTlsOnly} 127.0.0.1/32 scram-sha-256
            host all +{ByTlsOnly} 127.0.0.1/32 reject
            host all +{ByIdent} 127.0.0.1/32 ident
            host all all 127.0.0.1/32 scram-sha-256
            """, CancellationToken.None);
        return server;
    }
}
