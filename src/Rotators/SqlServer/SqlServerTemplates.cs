using Rekey.Rotators.Odbc;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.SqlServer;

/// <summary>AWS's templates for SQL Server.</summary>
internal static class SqlServerTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRDSSQLServerRotationSingleUser", DatabaseEngine.SqlServer, SingleUser) { MissingDriver = Missing },
        new("SecretsManagerRDSSQLServerRotationMultiUser", DatabaseEngine.SqlServer, MultiUser) { MissingDriver = Missing },
    ];

    private static string? Missing(RotatorOptions options) => OdbcDriver.Missing(() => new SqlServerDriver(options).File);

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time)
    {
        var login = new SqlServerLogin(options);
        return new SingleUser(login, login, time);
    }

    private static AlternatingUsers MultiUser(RotatorOptions options, TimeProvider time)
    {
        var login = new SqlServerLogin(options);
        return new AlternatingUsers(DatabaseEngine.SqlServer, login, login, time);
    }
}
