using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Replication;

/// <summary>What becomes of a primary when its replicas leave it.</summary>
internal static class Primary
{
    /// <summary>A replica was promoted: its link ends. One that was made after <paramref name="revision"/> is another and stays.</summary>
    public static bool Forget(Session session, string primaryArn, string region, long revision)
    {
        ReplicationLinks.End(session, primaryArn, region, revision);
        if (SecretStore.FindByArn(session, primaryArn) is { } secret) Settle(session, secret);
        return true;
    }

    /// <summary>A secret whose last replica is gone is an ordinary one again.</summary>
    public static void Settle(Session session, Secret secret)
    {
        if (secret.HasReplicas && ReplicationLinks.Active(session, secret.Arn).Count == 0)
            SecretStore.Update(session, secret with { PrimaryRegion = null });
    }
}
