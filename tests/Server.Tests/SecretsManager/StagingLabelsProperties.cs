using FsCheck;
using FsCheck.Fluent;
using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>What holds after any sequence of values put and labels moved.</summary>
public sealed class StagingLabelsProperties
{
    private const int Runs = 2_000;
    private static readonly string[] Names = [StagingLabels.Current, StagingLabels.Pending, StagingLabels.Previous, "A", "B"];
    private static readonly string[] Versions = ["v1", "v2", "v3", "v4"];

    [Fact]
    public void AnySequence_KeepsTheLabelRules() => Check(moves =>
    {
        var labels = StagingLabels.Empty;
        foreach (var move in moves)
        {
            var after = move.Apply(labels);
            after.Attachments.Select(attachment => attachment.Label).ShouldBeUnique();
            // Once a value was put, exactly one version is current, for ever.
            if (labels.VersionOf(StagingLabels.Current) is not null || move.IsPut) after.VersionOf(StagingLabels.Current).ShouldNotBeNull();
            MovedCurrent_LeavesAwsPreviousBehind(labels, after, move);
            UntouchedLabels_Stay(labels, after, move);
            labels = after;
        }
    });

    [Fact]
    public void SameMoveTwice_IsTheSameAsOnce() => Check(moves =>
    {
        var labels = StagingLabels.Empty;
        foreach (var move in moves)
        {
            labels = move.Apply(labels);
            if (move.Labels.Length == 1) move.Apply(labels).Attachments.ShouldBe(labels.Attachments);
        }
    });

    private static void MovedCurrent_LeavesAwsPreviousBehind(StagingLabels before, StagingLabels after, Move move)
    {
        var (left, entered) = (before.VersionOf(StagingLabels.Current), after.VersionOf(StagingLabels.Current));
        if (left == entered || move.Labels.Contains(StagingLabels.Previous)) return;
        after.VersionOf(StagingLabels.Previous).ShouldBe(left ?? before.VersionOf(StagingLabels.Previous));
        if (move.IsPut && !move.Labels.Contains(StagingLabels.Pending)) after.VersionOf(StagingLabels.Pending).ShouldBeNull();
    }

    private static void UntouchedLabels_Stay(StagingLabels before, StagingLabels after, Move move)
    {
        foreach (var label in new[] { "A", "B" }.Except(move.Labels)) after.VersionOf(label).ShouldBe(before.VersionOf(label));
    }

    private static void Check(Action<Move[]> body)
    {
        var label = Gen.Elements(Names);
        var put = from version in Gen.Elements(Versions)
                  from count in Gen.Choose(1, 3)
                  from labels in label.ArrayOf(count)
                  select new Move(true, version, [.. labels.Distinct()]);
        var attach = from version in Gen.Elements(Versions)
                     from name in label
                     select new Move(false, version, [name]);
        var moves = Gen.OneOf(put, attach).ArrayOf(12).ToArbitrary();
        Prop.ForAll(moves, body).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
    }

    private sealed record Move(bool IsPut, string VersionId, string[] Labels)
    {
        public StagingLabels Apply(StagingLabels labels) => IsPut ? labels.Put(VersionId, Labels) : labels.Attach(Labels[0], VersionId);

        public override string ToString() => $"{(IsPut ? "put" : "attach")} {VersionId} [{string.Join(',', Labels)}]";
    }
}
