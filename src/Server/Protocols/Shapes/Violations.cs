using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Rekey.Server.Protocols.Shapes;

/// <summary>
/// The constraint violations of one request and the path to the value under inspection. Texts are AWS's; a sensitive value is never in one.
/// </summary>
internal struct Violations
{
    private Path _path;
    private int _depth;
    private List<string>? _texts;

    /// <summary>False once enough is said: the texts of further violations are not even built.</summary>
    private readonly bool HasRoom => Count < Limits.ViolationsMax;

    public readonly int Count => _texts?.Count ?? 0;

    public void Enter(string name) => _path[_depth++] = new PathPart(name, 0);

    /// <summary>Steps into element <paramref name="number"/> of a list, counted from 1.</summary>
    public void EnterElement(int number) => _path[_depth++] = new PathPart(null, number);

    public void Leave() => _depth--;

    /// <summary>A required member is absent; <paramref name="path"/> null: the element under inspection itself is.</summary>
    public void AddNull(string? path)
    {
        if (path is not null) Enter(path);
        Add("Value null", "Member must not be null");
        if (path is not null) Leave();
    }

    public void AddShort(ReadOnlySpan<byte> text, Shape shape)
    {
        if (HasRoom) Add(ValueText.Of(text, shape), ConstraintText.Short(shape));
    }

    public void AddLong(ReadOnlySpan<byte> text, Shape shape)
    {
        if (HasRoom) Add(ValueText.Of(text, shape), ConstraintText.Long(shape));
    }

    public void AddShort(Utf8JsonReader start, Shape shape)
    {
        if (HasRoom) Add(ValueText.Of(start, shape), ConstraintText.Short(shape));
    }

    public void AddLong(Utf8JsonReader start, Shape shape)
    {
        if (HasRoom) Add(ValueText.Of(start, shape), ConstraintText.Long(shape));
    }

    public void AddEnum(ReadOnlySpan<byte> text, Shape shape)
    {
        if (HasRoom) Add(ValueText.Of(text, shape), ConstraintText.Enum(shape));
    }

    public void AddPattern(ReadOnlySpan<byte> text, Shape shape)
    {
        if (HasRoom) Add(ValueText.Of(text, shape), ConstraintText.Pattern(shape));
    }

    public void AddSmall(long value, Shape shape)
    {
        if (HasRoom) Add(ValueText.Of(value, shape), ConstraintText.Small(shape));
    }

    public void AddLarge(long value, Shape shape)
    {
        if (HasRoom) Add(ValueText.Of(value, shape), ConstraintText.Large(shape));
    }

    /// <summary>AWS names a list of scalars once, with all constraints of its elements, in place of each bad element.</summary>
    public void MergeElements(int before, Utf8JsonReader start, Shape list)
    {
        _texts!.RemoveRange(before, Count - before);
        Add(ValueText.Of(start, list), $"Member must satisfy constraint: [{ConstraintText.All(list.Element!)}]");
    }

    public readonly void ThrowIfAny()
    {
        if (_texts is null) return;
        var head = Count == 1 ? "1 validation error detected: " : $"{Count} validation errors detected: ";
        throw FrameworkErrors.Validation(head + string.Join("; ", _texts));
    }

    private void Add(string value, string constraint)
    {
        _texts ??= [];
        if (HasRoom) _texts.Add($"{value} at '{Where()}' failed to satisfy constraint: {constraint}");
    }

    private readonly string Where()
    {
        var where = new StringBuilder();
        for (var index = 0; index < _depth; index++)
        {
            if (index > 0) where.Append('.');
            var part = _path[index];
            if (part.Name is not null) where.Append(part.Name);
            else where.Append(part.Number).Append(".member");
        }
        return where.ToString();
    }

    private readonly record struct PathPart(string? Name, int Number);

    [InlineArray(Limits.JsonDepthMax + 1)]
    private struct Path
    {
        private PathPart _first;
    }
}
