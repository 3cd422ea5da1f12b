namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>A place in an operation's request where a value stands: a member, an element of a list, or a member of one of those.</summary>
/// <param name="Call">The operation.</param>
/// <param name="Name">The place as tests name it, such as <c>Tags[].Key</c>.</param>
/// <param name="Path">The place as violation texts name it, such as <c>tags.1.member.key</c>.</param>
/// <param name="Shape">The shape of the value.</param>
/// <param name="Member">The member, or null for an element.</param>
/// <param name="Top">The member of the request that holds the place.</param>
/// <param name="List">The list whose element this is, or null.</param>
/// <param name="Wrap">From the JSON of the value to the JSON of <paramref name="Top"/>; null leaves a member out.</param>
internal sealed record ModelSite(
    ModelCall Call, string Name, string Path, ModelShape Shape, ModelMember? Member, ModelMember Top, ModelSite? List,
    Func<string?, string?> Wrap)
{
    public bool IsRequired => Member is { IsRequired: true };

    public static IEnumerable<ModelSite> Of(ModelCall call) => call.Input.Members
        .Select(member => new ModelSite(call, member.Name, Camel(member.Name), member.Shape, member, member, null, raw => raw))
        .SelectMany(WithParts);

    private static IEnumerable<ModelSite> WithParts(ModelSite site)
    {
        yield return site;
        foreach (var part in site.Shape.Type == "list" ? [Element(site)] : site.Shape.Members.Select(member => Part(site, member)))
            foreach (var inner in WithParts(part)) yield return inner;
    }

    private static ModelSite Element(ModelSite list) => list with
    {
        Name = list.Name + "[]",
        Path = list.Path + ".1.member",
        Shape = list.Shape.Element!,
        Member = null,
        List = list,
        Wrap = raw => list.Wrap($"[{raw}]"),
    };

    private static ModelSite Part(ModelSite owner, ModelMember member) => owner with
    {
        Name = $"{owner.Name}.{member.Name}",
        Path = $"{owner.Path}.{Camel(member.Name)}",
        Shape = member.Shape,
        Member = member,
        List = null,
        Wrap = raw => owner.Wrap(ModelSamples.Structure(
            owner.Call.Name, owner.Shape.Members.Where(other => other != member), raw is null ? [] : [(member.Name, raw)])),
    };

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
