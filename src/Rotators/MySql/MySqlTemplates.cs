using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MySql;

/// <summary>AWS's templates for MySQL and MariaDB.</summary>
internal static class MySqlTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRDSMySQLRotationSingleUser", DatabaseEngine.MySql, SingleUser) { MissingDriver = MySqlDriver.Missing },
        new("SecretsManagerRDSMariaDBRotationSingleUser", DatabaseEngine.MariaDb, SingleUser) { MissingDriver = MySqlDriver.Missing },
    ];

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time) =>
        new(new MySqlLogin(options), administration: null, time);
}
