namespace Rekey.Conformance.Engines.Redis;

/// <summary>The servers that speak Redis's protocol.</summary>
public enum RedisKind
{
    /// <summary>Debian's.</summary>
    Redis7,

    /// <summary>The one that <c>eng/engines</c> fetched.</summary>
    Valkey8,
}

internal static class RedisKinds
{
    public static string Program(this RedisKind kind) => kind == RedisKind.Redis7
        ? "/usr/bin/redis-server"
        : Path.Combine(DownloadCache.Engines, "valkey-8", "bin", "valkey-server");

    public static string Remedy(this RedisKind kind) =>
        kind == RedisKind.Redis7 ? "eng/install --tests" : "eng/engines valkey-8";
}
