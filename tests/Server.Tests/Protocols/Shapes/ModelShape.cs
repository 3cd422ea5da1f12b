using System.Text.Json;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>A shape of a service model as these tests read it: a second reading of the same JSON, apart from the server's.</summary>
internal sealed class ModelShape
{
    private readonly JsonElement _definition;

    private ModelShape(string name, JsonElement shapes)
    {
        Name = name;
        _definition = shapes.GetProperty(name);
        Type = _definition.GetProperty("type").GetString()!;
        Element = _definition.TryGetProperty("member", out var element) ? Of(element, shapes) : null;
        Members = _definition.TryGetProperty("members", out var members) ? [.. MembersOf(members, shapes)] : [];
    }

    public string Name { get; }

    /// <summary>The model's word: string, blob, boolean, integer, long, list, structure; in answers timestamp and map too.</summary>
    public string Type { get; }

    public int? Min => Number("min");

    public int? Max => Number("max");

    public string? Pattern => _definition.TryGetProperty("pattern", out var pattern) ? pattern.GetString() : null;

    public string[] Enum => Texts("enum");

    public bool IsSensitive => _definition.TryGetProperty("sensitive", out _);

    public ModelShape? Element { get; }

    public IReadOnlyList<ModelMember> Members { get; }

    public bool IsScalar => Type is not ("list" or "structure");

    public static ModelShape Of(JsonElement link, JsonElement shapes) => new(link.GetProperty("shape").GetString()!, shapes);

    private IEnumerable<ModelMember> MembersOf(JsonElement members, JsonElement shapes)
    {
        var required = Texts("required");
        foreach (var member in members.EnumerateObject())
        {
            var isToken = member.Value.TryGetProperty("idempotencyToken", out _);
            yield return new ModelMember(member.Name, Of(member.Value, shapes), required.Contains(member.Name), isToken);
        }
    }

    private int? Number(string name) => _definition.TryGetProperty(name, out var number) ? number.GetInt32() : null;

    private string[] Texts(string name) =>
        _definition.TryGetProperty(name, out var texts) ? [.. texts.EnumerateArray().Select(text => text.GetString()!)] : [];
}

/// <summary>A member of a structure; a token is one that SDKs fill in.</summary>
internal sealed record ModelMember(string Name, ModelShape Shape, bool IsRequired, bool IsToken);
