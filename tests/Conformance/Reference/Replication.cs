using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>
/// Replicas: section 6.14 of the specification, and of docs/compatibility.md what AWS leaves open. The server replicates after it has
/// answered; the reference does so at the end of each call, which is when the tests have waited for it.
/// </summary>
internal static class Replication
{
    private const string DefaultAlias = "alias/aws/secretsmanager";
    private const string InvalidRegion = "Invalid replica region.";

    public static JsonObject ReplicateSecretToRegions(Call call)
    {
        var secret = Names.DemandWritable(call);
        DemandRegions(call, secret.Region);
        Add(call, secret);
        return Answers.Of(("ARN", secret.Arn), ("ReplicationStatus", Show(call.World, secret)));
    }

    public static JsonObject RemoveRegionsFromReplication(Call call)
    {
        var secret = Names.DemandWritable(call);
        var regions = call.Texts("RemoveReplicaRegions")!;
        if (regions.Contains(secret.Region)) throw Refusal.Parameter(InvalidRegion);
        call.World.HasWork = true;
        foreach (var replica in secret.Replicas.Where(replica => regions.Contains(replica.Region)).ToList())
        {
            secret.Replicas.Remove(replica);
            if (CopyOf(call.World, secret, replica.Region) is { } copy) call.World.Remove(copy);
        }
        return Answers.Of(("ARN", secret.Arn), ("ReplicationStatus", Show(call.World, secret)));
    }

    public static JsonObject StopReplicationToReplica(Call call)
    {
        var secret = Names.DemandActive(call);
        if (!secret.IsReplica)
            throw Refusal.Parameter("Operation not permitted on a primary secret. Call must be made in replica secret's region.");
        var primary = call.World.SecretsOf(secret.PrimaryRegion!).First(other => ArnIn(other, secret.Region) == secret.Arn);
        call.World.HasWork = true;
        primary.Replicas.RemoveAll(replica => replica.Region == secret.Region);
        secret.PrimaryRegion = null;
        secret.Changed = call.Now;
        Rotations.SwitchOff(secret);
        return Answers.Of(("ARN", secret.Arn));
    }

    /// <summary>Throws for the regions of a request that cannot have a replica.</summary>
    public static void DemandRegions(Call call, string ownRegion)
    {
        var seen = new List<string>();
        foreach (var entry in call.Objects("AddReplicaRegions")!)
        {
            var region = entry["Region"]?.GetValue<string>();
            if (region is null || region == ownRegion || !World.Regions.Contains(region)) throw Refusal.Parameter(InvalidRegion);
            if (seen.Contains(region)) throw Refusal.Parameter($"The replica region {region} is given more than once.");
            seen.Add(region);
        }
    }

    /// <summary>Begins to replicate to the regions of a request.</summary>
    public static void Add(Call call, KnownSecret secret)
    {
        var replicas = secret.Replicas.ToDictionary(replica => replica.Region);
        foreach (var entry in call.Objects("AddReplicaRegions")!)
        {
            var (region, given) = (entry["Region"]!.GetValue<string>(), entry["KmsKeyId"]?.GetValue<string>());
            var known = replicas.GetValueOrDefault(region);
            var key = given is null ? known?.KmsKeyId : given is "" or DefaultAlias ? null : given;
            if (known is { Status: "InSync" } && key != known.KmsKeyId)
            {
                throw Refusal.Parameter(
                    $"The secret is already replicated to {region} with another KMS key. "
                    + "To change the key, remove the replica and add it again.");
            }
            if (known is { Status: "InSync" }) continue;
            replicas[region] = new KnownReplica
            {
                Region = region,
                KmsKeyId = key,
                MayOverwrite = call.Flag("ForceOverwriteReplicaSecret") == true,
            };
        }
        secret.Replicas = [.. replicas.Values.OrderBy(replica => replica.Region, StringComparer.Ordinal)];
    }

    public static JsonArray Show(World world, KnownSecret secret) => Answers.List(secret.Replicas.Select(replica => Answers.Of(
        ("Region", replica.Region), ("KmsKeyId", replica.KmsKeyId ?? DefaultAlias), ("Status", replica.Status),
        ("StatusMessage", replica.Message), ("LastAccessedDate", Answers.Time(CopyOf(world, secret, replica.Region)?.Accessed)))));

    /// <summary>Brings every replica in step with its primary.</summary>
    public static void Deliver(World world)
    {
        foreach (var primary in world.Secrets.Values.Where(secret => secret.Replicas.Count > 0).ToList())
        {
            world.HasWork = true;
            foreach (var replica in primary.Replicas)
            {
                // One that failed is tried again when the primary changes.
                var state = (primary.Changed, primary.Rotation.Next, primary.Rotation.IsEnabled);
                if (replica.Status == "Failed" && Equals(replica.Tried, state)) continue;
                replica.Tried = state;
                var failure = Deliver(world, primary, replica);
                replica.MayOverwrite = false;
                replica.Status = failure is null ? "InSync" : "Failed";
                replica.Message = failure is null ? "Replication succeeded" : $"Replication failed: {failure}";
            }
        }
    }

    private static string? Deliver(World world, KnownSecret primary, KnownReplica replica)
    {
        var copy = CopyOf(world, primary, replica.Region);
        if (copy is null && world.Secrets.TryGetValue((replica.Region, primary.Name), out var existing))
        {
            var standsAlone = !existing.IsReplica && existing.Replicas.Count == 0;
            if (!replica.MayOverwrite || !standsAlone) return $"Secret name {primary.Name} already exists in region {replica.Region}.";
        }
        if (Keys.Problem(world, replica.Region, replica.KmsKeyId) is { } problem) return problem;
        world.Secrets[(replica.Region, primary.Name)] = Copy(world, primary, replica, copy);
        return null;
    }

    private static KnownSecret Copy(World world, KnownSecret primary, KnownReplica replica, KnownSecret? before)
    {
        var copy = new KnownSecret
        {
            Region = replica.Region,
            Name = primary.Name,
            Arn = ArnIn(primary, replica.Region),
            Created = before?.Created ?? world.Now,
            Accessed = before?.Accessed,
            Changed = primary.Changed,
            Description = primary.Description,
            KmsKeyId = replica.KmsKeyId ?? DefaultAlias,
            Type = primary.Type,
            Tags = primary.Tags?.ToList(),
            PrimaryRegion = primary.Region,
            Policy = primary.Policy,
            Labels = primary.Labels.ToList(),
        };
        var rotation = primary.Rotation;
        (copy.Rotation.IsEnabled, copy.Rotation.Function, copy.Rotation.Rules) = (rotation.IsEnabled, rotation.Function, rotation.Rules);
        (copy.Rotation.Last, copy.Rotation.Next) = (rotation.Last, rotation.Next);
        copy.Versions = primary.Versions.ConvertAll(version => before?.Version(version.Id) ?? new KnownVersion
        {
            Id = version.Id,
            Number = version.Number,
            Created = version.Created,
            Value = version.Value,
            UsesOwnKey = Keys.IsOwn(world, copy),
        });
        return copy;
    }

    /// <summary>The replica of a secret in a region, if it is there.</summary>
    private static KnownSecret? CopyOf(World world, KnownSecret primary, string region) =>
        world.Secrets.GetValueOrDefault((region, primary.Name)) is { } copy
            && (copy.Arn, copy.PrimaryRegion) == (ArnIn(primary, region), primary.Region) ? copy : null;

    private static string ArnIn(KnownSecret secret, string region) =>
        secret.Arn.Replace($":{secret.Region}:", $":{region}:", StringComparison.Ordinal);
}
