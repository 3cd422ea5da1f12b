using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Postgres;

/// <summary>AWS's templates for PostgreSQL.</summary>
internal static class PostgresTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRDSPostgreSQLRotationSingleUser", DatabaseEngine.Postgres, SingleUser),
        new("SecretsManagerRDSPostgreSQLRotationMultiUser", DatabaseEngine.Postgres, MultiUser),
    ];

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time) =>
        new(new PostgresLogin(options, time), new PostgresAdministration(options, time), time);

    private static AlternatingUsers MultiUser(RotatorOptions options, TimeProvider time) =>
        new(DatabaseEngine.Postgres, new PostgresLogin(options, time), new PostgresAdministration(options, time), time);
}
