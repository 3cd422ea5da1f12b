using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;

namespace Rekey.Server.Protocols.Shapes;

/// <summary>A service model of AWS, embedded as a resource: operations and the shapes of their inputs, outputs and errors.</summary>
internal sealed class ServiceModel
{
    private const int StructureMembersMax = 64;

    private static readonly ConcurrentDictionary<string, ServiceModel> s_loaded = new(StringComparer.Ordinal);

    private static readonly Shape s_nothing = new("Nothing", ShapeKind.Structure);

    private readonly Dictionary<string, ModelOperation> _operations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Shape> _shapes = new(StringComparer.Ordinal);

    private ServiceModel(string service, JsonElement root)
    {
        var definitions = root.GetProperty("shapes");
        foreach (var operation in root.GetProperty("operations").EnumerateObject())
        {
            _operations[operation.Name] = new ModelOperation(
                operation.Name,
                Input: Linked(operation.Value, "input", definitions) ?? s_nothing,
                Output: Linked(operation.Value, "output", definitions),
                ResultWrapper: operation.Value.TryGetProperty("output", out var output) ? Text(output, "resultWrapper") : null,
                Errors: operation.Value.TryGetProperty("errors", out var errors)
                    ? [.. errors.EnumerateArray().Select(error => error.GetProperty("shape").GetString()!)]
                    : []);
        }
        ModelExceptions.Apply(service, _shapes);
        XmlNamespace = Text(root.GetProperty("metadata"), "xmlNamespace");
        TargetPrefix = Text(root.GetProperty("metadata"), "targetPrefix");
        ApiVersion = Text(root.GetProperty("metadata"), "apiVersion") ?? "";
    }

    public string? XmlNamespace { get; }

    /// <summary>What stands before the operation in X-Amz-Target; null for other protocols.</summary>
    public string? TargetPrefix { get; }

    /// <summary>The version of the API, a date.</summary>
    public string ApiVersion { get; }

    public IEnumerable<ModelOperation> Operations => _operations.Values;

    /// <summary>The model of a service by signing name. It is read once per process.</summary>
    public static ServiceModel Get(string service) => s_loaded.GetOrAdd(service, Read);

    public ModelOperation Operation(string name) =>
        _operations.GetValueOrDefault(name) ?? throw new InvalidOperationException($"The model has no operation {name}.");

    private static ServiceModel Read(string service)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Models/{service}.json")
            ?? throw new InvalidOperationException($"There is no model of service {service}.");
        using var document = JsonDocument.Parse(stream);
        return new ServiceModel(service, document.RootElement);
    }

    private Shape? Linked(JsonElement owner, string property, JsonElement definitions) =>
        owner.TryGetProperty(property, out var link) ? ShapeOf(link.GetProperty("shape").GetString()!, definitions) : null;

    private Shape ShapeOf(string name, JsonElement definitions)
    {
        if (_shapes.TryGetValue(name, out var known)) return known;
        var definition = definitions.GetProperty(name);
        var shape = new Shape(name, KindOf(definition.GetProperty("type").GetString()!))
        {
            Min = Whole(definition, "min"),
            Max = Whole(definition, "max"),
            Pattern = Text(definition, "pattern"),
            Enum = definition.TryGetProperty("enum", out var values)
                ? [.. values.EnumerateArray().Select(value => value.GetString()!)]
                : null,
            IsSensitive = definition.TryGetProperty("sensitive", out var sensitive) && sensitive.GetBoolean(),
        };
        _shapes[name] = shape; // before its parts: a shape may hold itself
        shape.Element = Linked(definition, shape.Kind == ShapeKind.Map ? "value" : "member", definitions);
        shape.Key = Linked(definition, "key", definitions);
        if (definition.TryGetProperty("members", out var members)) ReadMembers(shape, definition, members, definitions);
        return shape;
    }

    private void ReadMembers(Shape shape, JsonElement definition, JsonElement members, JsonElement definitions)
    {
        var read = new List<Member>();
        foreach (var member in members.EnumerateObject())
        {
            var target = ShapeOf(member.Value.GetProperty("shape").GetString()!, definitions);
            read.Add(new Member(member.Name, char.ToLowerInvariant(member.Name[0]) + member.Name[1..], target, read.Count));
        }
        if (read.Count > StructureMembersMax)
            throw new InvalidOperationException($"{shape.Name} has more than {StructureMembersMax} members.");
        shape.Members = [.. read];
        if (!definition.TryGetProperty("required", out var required)) return;
        foreach (var name in required.EnumerateArray())
            shape.RequiredMembers |= read.Single(member => member.Name == name.GetString()).Bit;
    }

    private static ShapeKind KindOf(string type) => type switch
    {
        "structure" => ShapeKind.Structure,
        "list" => ShapeKind.List,
        "map" => ShapeKind.Map,
        "string" => ShapeKind.Text,
        "blob" => ShapeKind.Blob,
        "boolean" => ShapeKind.Boolean,
        "integer" => ShapeKind.Integer,
        "long" => ShapeKind.Long,
        "float" or "double" => ShapeKind.Number,
        "timestamp" => ShapeKind.Timestamp,
        _ => throw new InvalidOperationException($"Unknown shape type {type}."),
    };

    private static string? Text(JsonElement owner, string property) =>
        owner.TryGetProperty(property, out var value) ? value.GetString() : null;

    private static long? Whole(JsonElement owner, string property) =>
        owner.TryGetProperty(property, out var value) ? value.GetInt64() : null;
}

/// <summary>An operation of a service model. <paramref name="Output"/> is null when the operation answers nothing.</summary>
internal sealed record ModelOperation(string Name, Shape Input, Shape? Output, string? ResultWrapper, string[] Errors);
