using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Redis;

/// <summary>Templates for Redis and Valkey. AWS has none; the names follow the style of its others.</summary>
internal static class RedisTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRedisRotationSingleUser", DatabaseEngine.Redis, SingleUser),
        new("SecretsManagerRedisRotationMultiUser", DatabaseEngine.Redis, MultiUser),
    ];

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time) =>
        new(new RedisLogin(options), new RedisAdministration(options), time);

    private static AlternatingUsers MultiUser(RotatorOptions options, TimeProvider time) =>
        new(DatabaseEngine.Redis, new RedisLogin(options), new RedisAdministration(options), time);
}
