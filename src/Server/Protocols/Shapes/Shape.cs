using System.Text;
using System.Text.RegularExpressions;

namespace Rekey.Server.Protocols.Shapes;

internal enum ShapeKind
{
    Structure,
    List,
    Map,
    Text,
    Blob,
    Boolean,
    Integer,
    Long,
    Number,
    Timestamp,
}

/// <summary>A shape of a service model with its constraints. Links to other shapes are set once, while the model is read.</summary>
internal sealed class Shape(string name, ShapeKind kind)
{
    public string Name { get; } = name;

    public ShapeKind Kind { get; } = kind;

    /// <summary>Least length in characters (text), bytes (blob), entries (list, map), or least value (numbers).</summary>
    public long? Min { get; init; }

    public long? Max { get; init; }

    /// <summary>The pattern as the model has it; <see cref="PatternRegex"/> matches it against a whole value.</summary>
    public string? Pattern { get; init; }

    public string[]? Enum { get; init; }

    /// <summary>True when the value must not be repeated in any text.</summary>
    public bool IsSensitive { get; init; }

    /// <summary>True when the service checks <see cref="Min"/> and <see cref="Max"/> itself.</summary>
    public bool IsRangeUnchecked { get; set; }

    public bool IsScalar => Kind is not (ShapeKind.Structure or ShapeKind.List or ShapeKind.Map);

    /// <summary>Members of a structure, in the model's order.</summary>
    public Member[] Members { get; set; } = [];

    /// <summary>Indexes of the required members.</summary>
    public ulong RequiredMembers { get; set; }

    /// <summary>What a list holds; the value of a map.</summary>
    public Shape? Element { get; set; }

    /// <summary>The key of a map.</summary>
    public Shape? Key { get; set; }

    public Regex? PatternRegex => Pattern is null ? null : field ??= PatternText.Compile(Pattern);
}

/// <summary>A member of a structure. <paramref name="Path"/> is its name as violation texts spell it: first letter in lower case.</summary>
internal sealed record Member(string Name, string Path, Shape Shape, int Index)
{
    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    public ulong Bit => 1UL << Index;
}
