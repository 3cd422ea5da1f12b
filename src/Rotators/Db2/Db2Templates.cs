using Rekey.Rotators.Odbc;
using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.Db2;

/// <summary>AWS's templates for Db2.</summary>
internal static class Db2Templates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerRDSDb2RotationSingleUser", DatabaseEngine.Db2, SingleUser) { MissingDriver = Missing },
        new("SecretsManagerRDSDb2RotationMultiUser", DatabaseEngine.Db2, MultiUser) { MissingDriver = Missing },
    ];

    private static string? Missing(RotatorOptions options) => OdbcDriver.Missing(() => new Db2Driver(options).File);

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time)
    {
        var login = new Db2Login(options, time);
        return new SingleUser(login, login, time);
    }

    private static AlternatingUsers MultiUser(RotatorOptions options, TimeProvider time)
    {
        var login = new Db2Login(options, time);
        return new AlternatingUsers(DatabaseEngine.Db2, login, login, time);
    }
}
