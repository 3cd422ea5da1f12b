using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>AWS's templates for MySQL and MariaDB.</summary>
internal static class MySqlTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRDSMySQLRotationSingleUser", DatabaseEngine.MySql, SingleUser) { MissingDriver = MySqlDriver.Missing },
        new("SecretsManagerRDSMySQLRotationMultiUser", DatabaseEngine.MySql, AlternatingMySql) { MissingDriver = MySqlDriver.Missing },
        new("SecretsManagerRDSMariaDBRotationSingleUser", DatabaseEngine.MariaDb, SingleUser) { MissingDriver = MySqlDriver.Missing },
        new("SecretsManagerRDSMariaDBRotationMultiUser", DatabaseEngine.MariaDb, AlternatingMariaDb)
        {
            MissingDriver = MySqlDriver.Missing,
        },
    ];

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time) =>
        new(new MySqlLogin(options), new MySqlAdministration(options), time);

    private static AlternatingUsers AlternatingMySql(RotatorOptions options, TimeProvider time) =>
        new(DatabaseEngine.MySql, new MySqlLogin(options), new MySqlAdministration(options), time);

    private static AlternatingUsers AlternatingMariaDb(RotatorOptions options, TimeProvider time) =>
        new(DatabaseEngine.MariaDb, new MySqlLogin(options), new MySqlAdministration(options), time);
}
