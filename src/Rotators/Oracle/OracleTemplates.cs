using Rekey.Rotators.Odbc;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Oracle;

/// <summary>AWS's templates for Oracle.</summary>
internal static class OracleTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRDSOracleRotationSingleUser", DatabaseEngine.Oracle, SingleUser) { MissingDriver = Missing },
        new("SecretsManagerRDSOracleRotationMultiUser", DatabaseEngine.Oracle, MultiUser) { MissingDriver = Missing },
    ];

    private static string? Missing(RotatorOptions options) => OdbcDriver.Missing(() => new OracleDriver(options).File);

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time)
    {
        var login = new OracleLogin(options);
        return new SingleUser(login, login, time);
    }

    private static AlternatingUsers MultiUser(RotatorOptions options, TimeProvider time)
    {
        var login = new OracleLogin(options);
        return new AlternatingUsers(DatabaseEngine.Oracle, login, login, time);
    }
}
