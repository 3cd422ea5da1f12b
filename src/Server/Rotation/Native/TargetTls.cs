using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>Which database servers have spoken TLS: they are never spoken to without it again on the server's own decision.</summary>
internal static class TargetTls
{
    /// <summary>Host and port, lower case.</summary>
    public static string NameOf(DatabaseCredentials credentials) => $"{credentials.Host.ToLowerInvariant()}:{credentials.Port}";

    public static bool WasSeen(IDatabase database, string target) =>
        database.Read(
            session => session.Find("SELECT 1 FROM target_tls WHERE target = @target", row => row.Number(0), ("target", target))) == 1;

    public static async Task RememberAsync(IDatabase database, string target, DateTimeOffset now)
    {
        if (WasSeen(database, target)) return;
        await database.WriteAsync(
            session => session.Execute(
                "INSERT INTO target_tls (target, seen_at) VALUES (@target, @now) ON CONFLICT (target) DO NOTHING",
                ("target", target), ("now", now)),
            CancellationToken.None);
    }
}
