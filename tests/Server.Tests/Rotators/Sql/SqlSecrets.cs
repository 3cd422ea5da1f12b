using Rekey.Aws;
using Rekey.Rotators;

namespace Rekey.Server.Tests.Rotators.Sql;

/// <summary>Versions of a secret for tests on simulated servers.</summary>
internal static class SqlSecrets
{
    public static DatabaseCredentials Account(
        string engine, string username, string password, string? database = null, TlsMode tls = TlsMode.Verified) => new()
        {
            Engine = engine,
            Host = "db.example",
            Port = 4242,
            Username = username,
            Password = Sensitive.FromText(password),
            DatabaseName = database,
            Tls = tls,
        };

    public static RotationRequest Request(
        DatabaseCredentials current, DatabaseCredentials pending, DatabaseCredentials? superuser = null,
        DatabaseCredentials? previous = null, bool pendingMayBeLive = false, RotationSettings? settings = null) => new()
        {
            Current = current,
            Pending = pending,
            Previous = previous,
            Superuser = superuser,
            PendingMayBeLive = pendingMayBeLive,
            Settings = settings ?? RotationSettings.Default,
        };
}
