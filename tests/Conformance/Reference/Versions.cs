using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>Values: storing, reading and listing versions (sections 4, 6.3, 6.9, 6.10, 6.13 and 6.18 of the specification).</summary>
internal static class Versions
{
    private const int DeprecatedKept = 100;

    public static JsonObject PutSecretValue(Call call)
    {
        var token = Tokens.Demand(call);
        var secret = Names.DemandWritable(call);
        if (call.Text("RotationToken") is not null)
            throw Refusal.Request("The RotationToken isn't the token of the rotation in progress for this version.");
        var value = ValueOf(call) ?? throw Refusal.Request("You must provide either SecretString or SecretBinary.");
        if (!Tokens.IsRepeat(secret, token, value))
        {
            Add(call, secret, token, value, call.Texts("VersionStages"));
            secret.Changed = call.Now;
        }
        return Answers.Of(
            ("ARN", secret.Arn), ("Name", secret.Name), ("VersionId", token), ("VersionStages", Answers.SomeOf(secret.LabelsOf(token))));
    }

    public static JsonObject GetSecretValue(Call call)
    {
        var secret = Names.DemandActive(call);
        var (id, label) = (call.Text("VersionId"), call.Text("VersionStage"));
        var version = (id ?? secret.HolderOf(label ?? Labels.Current)) is { } wanted ? secret.Version(wanted) : null;
        if (version?.Value is not { } value)
        {
            throw Refusal.NotFound("Secrets Manager can't find the specified secret value for "
                + (id is null ? $"staging label: {label ?? Labels.Current}" : $"VersionId: {id}"));
        }
        if (id is not null && label is not null && !secret.LabelsOf(id).Contains(label))
            throw Refusal.Request("You provided a VersionStage that is not associated to the provided VersionId.");
        secret.Accessed = version.Accessed = call.World.Today;
        return Answers.Of(
            ("ARN", secret.Arn), ("Name", secret.Name), ("VersionId", version.Id), (value.Member, value.Value),
            ("VersionStages", Answers.SomeOf(secret.LabelsOf(version.Id))), ("CreatedDate", Answers.Time(version.Created)));
    }

    public static JsonObject ListSecretVersionIds(Call call)
    {
        var secret = Names.DemandActive(call);
        var deprecatedToo = call.Flag("IncludeDeprecated") == true;
        var query = $"versions {secret.Arn} {deprecatedToo}";
        var listed = secret.Versions.Where(version => version.Value is not null)
            .Where(version => deprecatedToo || secret.LabelsOf(version.Id).Count > 0);
        // Goes on behind the number, also when a replica has taken the place of the secret that was numbered so.
        if (Pages.Find(call, query) is long end) listed = listed.Where(version => version.Number > end);
        var page = listed.Take((int)(call.Number("MaxResults") ?? 100) + 1).ToList();
        var hasMore = page.Count > (call.Number("MaxResults") ?? 100);
        if (hasMore) page.RemoveAt(page.Count - 1);
        return Answers.Of(
            ("ARN", secret.Arn), ("Name", secret.Name), ("Versions", Answers.List(page.Select(version => Entry(call, secret, version)))),
            ("NextToken", hasMore ? Pages.New(call, query, page[^1].Number) : null));
    }

    /// <summary>The value of a request, or null.</summary>
    public static (string Member, string Value)? ValueOf(Call call)
    {
        var (text, bytes) = (call.Text("SecretString"), call.Text("SecretBinary"));
        if (text is not null && bytes is not null)
        {
            throw Refusal.Parameter(
                "You can't specify both a binary secret value and a string secret value in the same secret.");
        }
        if (text is not null) return ("SecretString", text);
        return bytes is null ? null : ("SecretBinary", bytes);
    }

    /// <summary>A new version, or the first value of a rotation's version; with its labels, and old versions gone.</summary>
    public static void Add(Call call, KnownSecret secret, string token, (string Member, string Value) value, List<string>? labels)
    {
        var (before, current, version) = (secret.Labels, secret.HolderOf(Labels.Current), secret.Version(token));
        Labels.Put(secret, token, labels);
        if (version is null)
        {
            version = new KnownVersion { Id = token, Number = secret.NextNumber, Created = call.Now };
            var versions = secret.Versions;
            secret.Versions = [.. versions, version];
            if (!TryCollect(secret, call.Now))
            {
                (secret.Versions, secret.Labels) = (versions, before);
                throw Refusal.Limit($"A secret can't have more than {DeprecatedKept} versions without staging labels, "
                    + "and those of the last 24 hours aren't removed.");
            }
        }
        version.Value = value;
        version.UsesOwnKey = Keys.IsOwn(call.World, secret);
        if (current != secret.HolderOf(Labels.Current)) Rotations.CountManualChange(secret, call.Now);
    }

    /// <summary>Versions without labels: the oldest above a hundred go, but none younger than a day. False when too many remain.</summary>
    public static bool TryCollect(KnownSecret secret, DateTimeOffset now)
    {
        var deprecated = secret.Versions.Where(version => secret.LabelsOf(version.Id).Count == 0).ToList();
        var excess = Math.Max(deprecated.Count - DeprecatedKept, 0);
        var old = deprecated.Where(version => now - version.Created >= TimeSpan.FromDays(1)).Take(excess).ToList();
        secret.Versions = [.. secret.Versions.Except(old)];
        return old.Count == excess;
    }

    private static JsonObject Entry(Call call, KnownSecret secret, KnownVersion version) => Answers.Of(
        ("VersionId", version.Id), ("CreatedDate", Answers.Time(version.Created)), ("LastAccessedDate", Answers.Time(version.Accessed)),
        ("KmsKeyIds", Answers.List([version.UsesOwnKey ? call.World.OwnKeys[call.Region] : "DefaultEncryptionKey"])),
        ("VersionStages", Answers.SomeOf(secret.LabelsOf(version.Id))));
}
