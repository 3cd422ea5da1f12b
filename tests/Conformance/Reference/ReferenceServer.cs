using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>
/// AWS Secrets Manager a second time, from the specification and not from the server: as small and as plain as it can be while it predicts
/// whole answers. One call after the other; no storage, no keys, no HTTP.
/// </summary>
internal sealed class ReferenceServer(World world)
{
    public World World => world;

    /// <summary>Answers a call: status 200 and a body (null: empty), or an error's status and body.</summary>
    public (int Status, JsonObject? Body) Answer(Call call)
    {
        try
        {
            Constraints.Demand(call);
            if (call.Text("SecretId") is { } secretId) Names.DemandForm(secretId);
            var body = Invoke(call);
            Replication.Deliver(world);
            return (200, body);
        }
        catch (Refusal refusal)
        {
            // RotateSecret may have taken up an earlier rotation before it refused.
            Replication.Deliver(world);
            return (400, new JsonObject { ["__type"] = refusal.Code, [refusal.Member] = refusal.Message });
        }
    }

    /// <summary>The next moment, up to a given one, at which the service does something by itself; null when there is none.</summary>
    public DateTimeOffset? NextEvent(DateTimeOffset until)
    {
        DateTimeOffset? next = null;
        foreach (var secret in world.Secrets.Values)
        {
            foreach (var moment in (DateTimeOffset?[])[secret.PurgeAt, secret.IsReplica ? null : secret.Rotation.Next?.Opens])
                if (moment <= until && (next is null || moment < next)) next = moment;
        }
        return next;
    }

    /// <summary>Moves the time on to a moment that is not later than the next event, and does what is due.</summary>
    public void AdvanceTo(DateTimeOffset moment)
    {
        world.Now = moment;
        foreach (var secret in world.Secrets.Values.ToList())
        {
            if (!secret.IsReplica && secret.Rotation.Next?.Opens <= moment) Rotations.RotateDue(world, secret);
            if (secret.PurgeAt > moment || secret.PurgeAt is null) continue;
            world.Remove(secret);
            world.HasWork = true;
        }
        Replication.Deliver(world);
    }

    private static JsonObject? Invoke(Call call) => call.Operation switch
    {
        "BatchGetSecretValue" => Batches.BatchGetSecretValue(call),
        "CancelRotateSecret" => Rotations.CancelRotateSecret(call),
        "CreateSecret" => Metadata.CreateSecret(call),
        "DeleteResourcePolicy" => Policies.DeleteResourcePolicy(call),
        "DeleteSecret" => Deletion.DeleteSecret(call),
        "DescribeSecret" => Metadata.DescribeSecret(call),
        "GetRandomPassword" => Passwords.GetRandomPassword(call),
        "GetResourcePolicy" => Policies.GetResourcePolicy(call),
        "GetSecretValue" => Versions.GetSecretValue(call),
        "ListSecretVersionIds" => Versions.ListSecretVersionIds(call),
        "ListSecrets" => Listing.ListSecrets(call),
        "PutResourcePolicy" => Policies.PutResourcePolicy(call),
        "PutSecretValue" => Versions.PutSecretValue(call),
        "RemoveRegionsFromReplication" => Replication.RemoveRegionsFromReplication(call),
        "ReplicateSecretToRegions" => Replication.ReplicateSecretToRegions(call),
        "RestoreSecret" => Deletion.RestoreSecret(call),
        "RotateSecret" => Rotations.RotateSecret(call),
        "StopReplicationToReplica" => Replication.StopReplicationToReplica(call),
        "TagResource" => Tags.TagResource(call),
        "UntagResource" => Tags.UntagResource(call),
        "UpdateSecret" => Metadata.UpdateSecret(call),
        "UpdateSecretVersionStage" => Labels.UpdateSecretVersionStage(call),
        "ValidateResourcePolicy" => Policies.ValidateResourcePolicy(call),
        _ => throw new ArgumentOutOfRangeException(nameof(call), call.Operation, "The reference does not know this operation."),
    };
}
