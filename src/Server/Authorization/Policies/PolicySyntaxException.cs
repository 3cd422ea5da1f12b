namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// A policy text that is not a policy. <paramref name="Line"/> and <paramref name="Column"/> count from 1, columns in characters;
/// <paramref name="Path"/> is the JSON path of the offending element, such as <c>$.Statement[0].Action</c>.
/// </summary>
internal sealed class PolicySyntaxException(PolicyFault fault, string message, int line, int column, string path) : Exception(message)
{
    public PolicyFault Fault { get; } = fault;

    public int Line { get; } = line;

    public int Column { get; } = column;

    public string Path { get; } = path;

    /// <summary>The message with its place, for a person: <c>Line 3, column 9 ($.Statement.Effect): …</c></summary>
    public string Described => $"Line {Line}, column {Column} ({Path}): {Message}";
}

/// <summary>What is wrong with a policy text: services have different errors for some of these.</summary>
internal enum PolicyFault
{
    /// <summary>Longer than any policy may be, or nested deeper.</summary>
    TooLarge,

    /// <summary>Not UTF-8, or not JSON.</summary>
    Json,

    /// <summary>A value of another JSON type than the element has.</summary>
    WrongType,

    /// <summary>The same name twice in one object, or the same Sid in two statements.</summary>
    Duplicate,

    /// <summary>An element that the policy language does not have, or that this kind of policy may not have.</summary>
    UnknownElement,

    /// <summary>An element that is required and missing, or an empty list.</summary>
    MissingElement,

    /// <summary>Two elements that exclude each other.</summary>
    ExclusiveElements,

    /// <summary>A value outside of what the element may be: Version, Effect, Sid, Action, Resource.</summary>
    InvalidValue,

    /// <summary>A policy variable that is not written as one, or stands where none may.</summary>
    Variable,

    /// <summary>A condition operator, key or value that is none.</summary>
    Condition,

    /// <summary>A principal that is no principal.</summary>
    Principal,

    /// <summary>A service principal that cannot be the name of one.</summary>
    ServicePrincipal,
}
