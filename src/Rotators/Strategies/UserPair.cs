namespace Rekey.Rotators.Strategies;

/// <summary>The two accounts that take turns. The base is the one that administrators edit; the clone follows it.</summary>
internal sealed record UserPair(string Base, string Twin, RotationSettings Settings);

/// <summary>How a clone differs from its base.</summary>
/// <param name="Changes">What would make the clone equal, in an order in which it can be carried out; empty when it is.</param>
/// <param name="CreateStatements">What would make the clone, values masked; empty when it exists.</param>
internal sealed record PairComparison(
    bool BaseExists, bool CloneExists, IReadOnlyList<RightsChange> Changes, IReadOnlyList<string> CreateStatements)
{
    /// <summary>Whether the server has this user of the pair.</summary>
    public bool Knows(UserPair pair, string username) => username == pair.Base ? BaseExists : CloneExists;
}

/// <summary>One difference between clone and base, and its remedy.</summary>
/// <param name="Right">What the clone lacks or has too much, for people: <c>SELECT on shop.orders</c>, <c>default role
/// reporting</c>.</param>
/// <param name="Statement">Built from catalogue columns with the engine's quoting; holds no secret, or a mask in its place.</param>
internal record RightsChange(RightsChangeKind Kind, string Right, string Statement);

internal enum RightsChangeKind
{
    /// <summary>The clone lacks it, or has another value: grantSync mirror and addOnly.</summary>
    Add,

    /// <summary>The clone has it and the base has not: grantSync mirror.</summary>
    Remove,
}
