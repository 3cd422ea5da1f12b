using System.Collections.Immutable;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// Which version of one secret holds which staging label, in the order in which the labels were attached. Immutable; every move gives a new
/// value. A label sits on at most one version, because the label is the key.
/// </summary>
internal sealed class StagingLabels
{
    public const string Current = "AWSCURRENT";
    public const string Pending = "AWSPENDING";
    public const string Previous = "AWSPREVIOUS";

    private readonly ImmutableArray<Attachment> _attachments;

    private StagingLabels(ImmutableArray<Attachment> attachments) => _attachments = attachments;

    public static StagingLabels Empty { get; } = new([]);

    /// <summary>The labels of a loaded secret.</summary>
    public static StagingLabels Of(Secret secret)
    {
        var attachments = ImmutableArray.CreateBuilder<Attachment>();
        foreach (var version in secret.Versions)
        {
            foreach (var label in version.Stages) attachments.Add(new Attachment(label, version.VersionId));
        }
        return new StagingLabels(attachments.ToImmutable());
    }

    public int Count => _attachments.Length;

    /// <summary>In the order in which the labels were attached.</summary>
    public ImmutableArray<Attachment> Attachments => _attachments;

    /// <summary>The version that holds the label, or null.</summary>
    public string? VersionOf(string label)
    {
        foreach (var attachment in _attachments)
        {
            if (attachment.Label == label) return attachment.VersionId;
        }
        return null;
    }

    /// <summary>The labels of a version, oldest attachment first; empty when it is deprecated or unknown.</summary>
    public ImmutableArray<string> LabelsOf(string versionId) =>
        [.. _attachments.Where(attachment => attachment.VersionId == versionId).Select(attachment => attachment.Label)];

    /// <summary>
    /// Gives a new value to a version: what CreateSecret, PutSecretValue and UpdateSecret do to the labels.
    /// No labels asked for means AWSCURRENT; the first value of a secret becomes AWSCURRENT whatever was asked for; moving AWSCURRENT
    /// clears AWSPENDING, unless that label was asked for too, so that a new value ends a rotation that is stuck.
    /// </summary>
    public StagingLabels Put(string versionId, IReadOnlyList<string>? requested)
    {
        requested ??= [Current];
        var labels = this;
        foreach (var label in requested) labels = labels.Attach(label, versionId);
        if (labels.VersionOf(Current) is null) labels = labels.Attach(Current, versionId);
        var currentMoved = VersionOf(Current) != labels.VersionOf(Current);
        return currentMoved && !requested.Contains(Pending) ? labels.Remove(Pending) : labels;
    }

    /// <summary>
    /// Takes a label from its holder, which keeps its others, and gives it to a version. AWSCURRENT drags AWSPREVIOUS to the version that
    /// loses it. Nothing changes when the version already holds the label.
    /// </summary>
    public StagingLabels Attach(string label, string versionId)
    {
        var holder = VersionOf(label);
        if (holder == versionId) return this;
        var labels = Remove(label).Append(label, versionId);
        return label == Current && holder is not null ? labels.Attach(Previous, holder) : labels;
    }

    /// <summary>Takes a label away; its version is deprecated when that was the last one.</summary>
    public StagingLabels Remove(string label) =>
        VersionOf(label) is null ? this : new StagingLabels(_attachments.RemoveAll(attachment => attachment.Label == label));

    private StagingLabels Append(string label, string versionId) => new(_attachments.Add(new Attachment(label, versionId)));

    internal readonly record struct Attachment(string Label, string VersionId);
}
