using System.Text.Json.Nodes;

namespace Rekey.Conformance.Reference;

/// <summary>Staging labels: sections 4 and 6.19 of the specification.</summary>
internal static class Labels
{
    public const string Current = "AWSCURRENT";
    public const string Pending = "AWSPENDING";
    public const string Previous = "AWSPREVIOUS";
    private const int Most = 20;

    public static JsonObject UpdateSecretVersionStage(Call call)
    {
        var secret = Names.DemandWritable(call);
        var (label, from, to) = (call.Text("VersionStage")!, call.Text("RemoveFromVersionId"), call.Text("MoveToVersionId"));
        var holder = secret.HolderOf(label);
        if (from is null && to is null)
            throw Refusal.Parameter("You must specify at least one of RemoveFromVersionId and MoveToVersionId.");
        if (to is null && label == Current)
        {
            throw Refusal.Parameter(
                "You can only move staging label AWSCURRENT to a different secret version. It can\u2019t be completely removed.");
        }
        if (from is not null && from != holder)
            throw Refusal.Parameter($"Staging label {label} isn't currently attached to version {from}.");
        if (to is not null) DemandTarget(secret, label, holder, from, to);

        var labels = secret.Labels.ToList();
        if (to is null) labels.RemoveAll(entry => entry.Label == label);
        else Attach(labels, label, to);
        if (!labels.SequenceEqual(secret.Labels))
        {
            Store(secret, labels);
            secret.Changed = call.Now;
            if (secret.HolderOf(Current) != holder && label == Current) Rotations.CountManualChange(secret, call.Now);
        }
        return Answers.Of(("ARN", secret.Arn), ("Name", secret.Name));
    }

    /// <summary>What storing a value under a token does to the labels.</summary>
    public static void Put(KnownSecret secret, string versionId, List<string>? requested)
    {
        requested ??= [Current];
        var labels = secret.Labels.ToList();
        foreach (var label in requested) Attach(labels, label, versionId);
        if (!labels.Exists(entry => entry.Label == Current)) Attach(labels, Current, versionId);
        var moved = secret.HolderOf(Current) != labels.Find(entry => entry.Label == Current).VersionId;
        if (moved && !requested.Contains(Pending)) labels.RemoveAll(entry => entry.Label == Pending);
        Store(secret, labels);
    }

    /// <summary>Takes the label from its holder; AWSCURRENT leaves AWSPREVIOUS behind.</summary>
    public static void Attach(List<(string Label, string VersionId)> labels, string label, string versionId)
    {
        var holder = labels.Find(entry => entry.Label == label).VersionId;
        if (holder == versionId) return;
        labels.RemoveAll(entry => entry.Label == label);
        labels.Add((label, versionId));
        if (label == Current && holder is not null) Attach(labels, Previous, holder);
    }

    private static void DemandTarget(KnownSecret secret, string label, string? holder, string? from, string to)
    {
        var target = secret.Version(to) ?? throw Refusal.Parameter($"Not a valid version: {to}");
        if (from is null && holder is not null && holder != to)
        {
            throw Refusal.Parameter(
                $"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version {holder}, "
                + "so you must explicitly reference that version in RemoveFromVersionId.");
        }
        if (label == Current && target.Value is null)
            throw Refusal.Parameter($"You can't move staging label AWSCURRENT to version {to} because it has no secret value.");
    }

    private static void Store(KnownSecret secret, List<(string Label, string VersionId)> labels)
    {
        // A rotation may have brought the number above it: what adds none is no offence.
        if (labels.Count > Most && labels.Count > secret.Labels.Count)
            throw Refusal.Limit($"The number of staging labels on a secret can't exceed {Most}.");
        secret.Labels = labels;
    }
}
