using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>CreateSecret, UpdateSecret, and what DescribeSecret shows: sections 6.3, 6.6 and 6.18 of the specification.</summary>
internal static class Metadata
{
    public static JsonObject CreateSecret(Call call)
    {
        var name = call.Text("Name")!;
        Names.DemandCharacters(name);
        var token = Tokens.Demand(call);
        var existing = call.World.Secrets.GetValueOrDefault((call.Region, name));
        if (existing?.Deleted is not null)
            throw Refusal.Request("You can't create this secret because a secret with this name is already scheduled for deletion.");
        var value = Versions.ValueOf(call);
        if (existing is not null) DemandRepeat(existing, token, value);
        var isReplicated = call.Objects("AddReplicaRegions") is { Count: > 0 };
        if (isReplicated) Replication.DemandRegions(call, call.Region);
        if (existing is not null) return Created(existing, token, isReplicated ? Replication.Show(call.World, existing) : null);

        Keys.Demand(call, call.Text("KmsKeyId"));
        var tags = Tags.Merge(null, call);
        var secret = new KnownSecret
        {
            Region = call.Region,
            Name = name,
            Arn = Names.NewArn(call, name),
            Created = call.Now,
            Changed = call.Now,
            Description = Given(call.Text("Description")),
            KmsKeyId = Given(call.Text("KmsKeyId")),
            Type = Given(call.Text("Type")),
            Tags = tags,
        };
        if (value is { } first) Versions.Add(call, secret, token, first, labels: null);
        if (isReplicated) Replication.Add(call, secret);
        call.World.Secrets[(call.Region, name)] = secret;
        return Created(secret, value is null ? null : token, isReplicated ? Replication.Show(call.World, secret) : null);
    }

    public static JsonObject UpdateSecret(Call call)
    {
        var token = Tokens.Demand(call);
        var secret = Names.DemandWritable(call);
        var value = Versions.ValueOf(call);
        Keys.Demand(call, call.Text("KmsKeyId"));
        var isRepeat = value is { } repeated && Tokens.IsRepeat(secret, token, repeated);

        var sealedAnew = call.Text("KmsKeyId") is null ? [] : Labelled(secret);
        var before = (secret.Description, secret.KmsKeyId, secret.Type);
        secret.KmsKeyId = Replace(before.KmsKeyId, call.Text("KmsKeyId"));
        try
        {
            if (value is { } given && !isRepeat) Versions.Add(call, secret, token, given, labels: null);
        }
        catch (Refusal)
        {
            secret.KmsKeyId = before.KmsKeyId;
            throw;
        }
        secret.Description = Replace(before.Description, call.Text("Description"));
        secret.Type = Replace(before.Type, call.Text("Type"));
        var isResealed = Reseal(call, secret, sealedAnew);
        var isChanged = before != (secret.Description, secret.KmsKeyId, secret.Type) || isResealed || (value is not null && !isRepeat);
        if (isChanged) secret.Changed = call.Now;
        return Created(secret, value is null ? null : token, replicas: null);
    }

    public static JsonObject DescribeSecret(Call call)
    {
        var secret = Names.Demand(call);
        var shown = Show(secret, "VersionIdsToStages").Select(member => (member.Key, member.Value?.DeepClone()));
        var replicas = secret.Replicas.Count == 0 ? null : Replication.Show(call.World, secret);
        return Answers.Of([.. shown, ("ReplicationStatus", replicas)]);
    }

    /// <param name="versions">The key of the labels: it differs between DescribeSecret and ListSecrets.</param>
    public static JsonObject Show(KnownSecret secret, string versions)
    {
        var rotation = secret.Rotation;
        var isOn = rotation.IsEnabled == true;
        var stages = new JsonObject();
        foreach (var version in secret.Versions)
        {
            if (Answers.SomeOf(secret.LabelsOf(version.Id)) is { } labels) stages[version.Id] = labels;
        }
        return Answers.Of(
            ("ARN", secret.Arn), ("Name", secret.Name), ("Type", secret.Type), ("Description", secret.Description),
            ("KmsKeyId", secret.KmsKeyId), ("CreatedDate", Answers.Time(secret.Created)), ("LastChangedDate", Answers.Time(secret.Changed)),
            ("LastAccessedDate", Answers.Time(secret.Accessed)), ("DeletedDate", Answers.Time(secret.Deleted)),
            ("RotationEnabled", rotation.IsEnabled is { } enabled ? enabled : null), ("RotationLambdaARN", rotation.Function),
            ("RotationRules", Schedules.Show(rotation.Rules)), ("LastRotatedDate", isOn ? Answers.Time(rotation.Last) : null),
            ("NextRotationDate", isOn ? Answers.Time(rotation.Next?.Closes.AddSeconds(-1)) : null),
            ("PrimaryRegion", secret.PrimaryRegion ?? (secret.Replicas.Count > 0 ? secret.Region : null)),
            ("Tags", Tags.Show(secret)), (versions, stages.Count == 0 ? null : stages));
    }

    /// <summary>Throws unless the call repeats the one that made the secret. No call made a replica.</summary>
    private static void DemandRepeat(KnownSecret existing, string token, (string Member, string Value)? value)
    {
        if (!existing.IsReplica && value is { } given && Tokens.IsRepeat(existing, token, given)) return;
        throw Refusal.Exists($"The operation failed because the secret {existing.Name} already exists.");
    }

    /// <summary>The values that another key is used for at once.</summary>
    private static List<KnownVersion> Labelled(KnownSecret secret)
    {
        string[] labels = [Labels.Current, Labels.Pending, Labels.Previous];
        return secret.Versions.FindAll(version => version.Value is not null && secret.LabelsOf(version.Id).Intersect(labels).Any());
    }

    private static bool Reseal(Call call, KnownSecret secret, List<KnownVersion> versions)
    {
        var isOwn = Keys.IsOwn(call.World, secret);
        var differ = versions.FindAll(version => version.UsesOwnKey != isOwn);
        differ.ForEach(version => version.UsesOwnKey = isOwn);
        return differ.Count > 0;
    }

    private static JsonObject Created(KnownSecret secret, string? versionId, JsonArray? replicas) =>
        Answers.Of(("ARN", secret.Arn), ("Name", secret.Name), ("VersionId", versionId), ("ReplicationStatus", replicas));

    private static string? Given(string? text) => text == "" ? null : text;

    private static string? Replace(string? stored, string? given) => given is null ? stored : Given(given);
}
