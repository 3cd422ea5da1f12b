namespace Rekey.Rotators.ElastiCache;

/// <summary>AWS's template for users of ElastiCache.</summary>
internal static class ElastiCacheTemplates
{
    public const string NotConfigured =
        "Rekey has no access to an ElastiCache API: set the credentials (and, other than AWS's, the endpoint) for it";

    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new(
            "SecretsManagerElasticacheUserRotation", DatabaseEngine.ElastiCache,
            (options, time) => new ElastiCacheUserRotator(options, time))
        {
            MissingDriver = options => options.ElastiCache is null ? NotConfigured : null,
        },
    ];
}
