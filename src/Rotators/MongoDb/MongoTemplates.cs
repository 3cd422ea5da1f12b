using Rekey.Rotators.Strategies;

namespace Rekey.Rotators.MongoDb;

/// <summary>AWS's templates for MongoDB and Amazon DocumentDB. The protocol is spoken here, so no driver can be missing.</summary>
internal static class MongoTemplates
{
    public static IReadOnlyList<RotatorTemplate> All { get; } =
    [
        new("SecretsManagerMongoDBRotationSingleUser", DatabaseEngine.MongoDb, SingleUser),
        new("SecretsManagerMongoDBRotationMultiUser", DatabaseEngine.MongoDb, MultiUser),
    ];

    private static SingleUser SingleUser(RotatorOptions options, TimeProvider time)
    {
        var login = new MongoLogin(options, time, changesItself: true);
        return new SingleUser(login, new MongoAdministration(login), time);
    }

    private static AlternatingUsers MultiUser(RotatorOptions options, TimeProvider time)
    {
        var login = new MongoLogin(options, time, changesItself: false);
        return new AlternatingUsers(DatabaseEngine.MongoDb, login, new MongoAdministration(login), time);
    }
}
