using Rekey.Server.SecretsManager;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>One row per numbered rule of the label state machine.</summary>
public sealed class StagingLabelsTests
{
    [Theory]
    // The first value always becomes AWSCURRENT, after the labels asked for.
    [InlineData("", "v1", null, "v1:AWSCURRENT")]
    [InlineData("", "v1", "AWSPENDING", "v1:AWSPENDING,AWSCURRENT")]
    [InlineData("", "v1", "SAMPLE,AWSCURRENT", "v1:SAMPLE,AWSCURRENT")]
    [InlineData("", "v1", "AWSPREVIOUS", "v1:AWSPREVIOUS,AWSCURRENT")]
    [InlineData("v1:AWSPENDING", "v1", "AWSPENDING", "v1:AWSPENDING,AWSCURRENT")]
    // A first value by hand beside a rotation's placeholder ends the rotation.
    [InlineData("v1:AWSPENDING", "v2", null, "v2:AWSCURRENT")]
    // No labels asked for means AWSCURRENT; the old version becomes AWSPREVIOUS.
    [InlineData("v1:AWSCURRENT", "v2", null, "v1:AWSPREVIOUS v2:AWSCURRENT")]
    [InlineData("v1:AWSPREVIOUS v2:AWSCURRENT", "v3", null, "v2:AWSPREVIOUS v3:AWSCURRENT")]
    // Labels without AWSCURRENT leave AWSCURRENT where it is.
    [InlineData("v1:AWSCURRENT", "v2", "SAMPLE", "v1:AWSCURRENT v2:SAMPLE")]
    [InlineData("v1:AWSCURRENT", "v2", "AWSPENDING", "v1:AWSCURRENT v2:AWSPENDING")]
    // A label is taken from its holder, which keeps the others.
    [InlineData("v1:AWSCURRENT,A,B", "v2", "A", "v1:AWSCURRENT,B v2:A")]
    [InlineData("v1:AWSCURRENT,PUT0", "v2", "AWSCURRENT,PUT1", "v1:PUT0,AWSPREVIOUS v2:AWSCURRENT,PUT1")]
    [InlineData("v1:PUT0,AWSPREVIOUS v2:AWSCURRENT,PUT1", "v3", "AWSCURRENT,PUT2", "v1:PUT0 v2:PUT1,AWSPREVIOUS v3:AWSCURRENT,PUT2")]
    // The version that becomes AWSCURRENT loses AWSPREVIOUS.
    [InlineData("v1:AWSPREVIOUS v2:AWSCURRENT", "v1", "AWSCURRENT", "v1:AWSCURRENT v2:AWSPREVIOUS")]
    // A value that moves AWSCURRENT clears AWSPENDING, on whichever version that is.
    [InlineData("v1:AWSPREVIOUS v2:AWSPENDING,AWSCURRENT", "v3", null, "v2:AWSPREVIOUS v3:AWSCURRENT")]
    [InlineData("v1:AWSCURRENT v2:AWSPENDING", "v3", null, "v1:AWSPREVIOUS v3:AWSCURRENT")]
    [InlineData("v1:AWSCURRENT v2:AWSPENDING", "v3", "AWSCURRENT,AWSPENDING", "v1:AWSPREVIOUS v3:AWSCURRENT,AWSPENDING")]
    // AWSPENDING is taken from the AWSCURRENT version, which keeps AWSCURRENT.
    [InlineData("v1:AWSPREVIOUS v2:AWSPENDING,AWSCURRENT", "v3", "AWSPENDING", "v1:AWSPREVIOUS v2:AWSCURRENT v3:AWSPENDING")]
    public void Put_MovesLabels(string before, string versionId, string? requested, string after) =>
        Show(Parse(before).Put(versionId, requested?.Split(','))).ShouldBe(after);

    [Theory]
    // AWSCURRENT moved onto the AWSPENDING version leaves both labels there.
    [InlineData("v1:AWSCURRENT v2:AWSPENDING", "AWSCURRENT", "v2", "v1:AWSPREVIOUS v2:AWSPENDING,AWSCURRENT")]
    [InlineData("v1:AWSPREVIOUS v2:AWSCURRENT", "AWSCURRENT", "v1", "v1:AWSCURRENT v2:AWSPREVIOUS")]
    [InlineData("v1:AWSPREVIOUS v2:AWSCURRENT v3:X", "AWSCURRENT", "v3", "v2:AWSPREVIOUS v3:X,AWSCURRENT")]
    [InlineData("v1:AWSCURRENT", "AWSCURRENT", "v1", "v1:AWSCURRENT")]
    [InlineData("v1:AWSPREVIOUS v2:AWSCURRENT v3:X", "AWSPREVIOUS", "v3", "v2:AWSCURRENT v3:X,AWSPREVIOUS")]
    [InlineData("v1:AWSCURRENT", "X", "v1", "v1:AWSCURRENT,X")]
    public void Attach_MovesOneLabel(string before, string label, string versionId, string after) =>
        Show(Parse(before).Attach(label, versionId)).ShouldBe(after);

    [Theory]
    [InlineData("v1:AWSCURRENT v2:X", "X", "v1:AWSCURRENT")]
    [InlineData("v1:AWSCURRENT,X,Y", "X", "v1:AWSCURRENT,Y")]
    [InlineData("v1:AWSCURRENT", "X", "v1:AWSCURRENT")]
    public void Remove_TakesTheLabelAway(string before, string label, string after) => Show(Parse(before).Remove(label)).ShouldBe(after);

    [Fact]
    public void LabelsOf_DeprecatedVersion_IsEmpty() => Parse("v1:AWSCURRENT").LabelsOf("v2").ShouldBeEmpty();

    [Fact]
    public void VersionOf_LabelThatNobodyHolds_IsNull() => Parse("v1:AWSCURRENT").VersionOf("AWSPENDING").ShouldBeNull();

    private static StagingLabels Parse(string text)
    {
        var labels = StagingLabels.Empty;
        foreach (var version in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (id, names) = (version.Split(':')[0], version.Split(':')[1]);
            // AWSPREVIOUS is attached on its own, so the table may list versions in any order.
            foreach (var name in names.Split(',')) labels = labels.Attach(name, id);
        }
        Show(labels).ShouldBe(text, "the starting point is a reachable state");
        return labels;
    }

    private static string Show(StagingLabels labels) => string.Join(' ', labels.Attachments
        .Select(attachment => attachment.VersionId).Distinct().Order(StringComparer.Ordinal)
        .Select(id => $"{id}:{string.Join(',', labels.LabelsOf(id))}"));
}
