using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres;

/// <summary>AWS's templates for PostgreSQL.</summary>
internal static class PostgresTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRDSPostgreSQLRotationSingleUser", DatabaseEngine.Postgres, SingleUser),
    ];

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time) =>
        new(new PostgresLogin(options, time), administration: null, time);
}
