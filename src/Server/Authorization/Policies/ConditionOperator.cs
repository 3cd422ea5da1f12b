using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Rekey.Server.Authorization.Policies;

/// <summary>A condition operator: how a value of the policy is compared with a value of the request.</summary>
internal sealed record ConditionOperator(string Name, ConditionType Type, Comparison Comparison, bool IsNegated)
{
    private static readonly FrozenDictionary<string, ConditionOperator> s_byName = All().ToFrozenDictionary(known => known.Name);

    public static IEnumerable<string> Names => s_byName.Keys;

    public static bool TryGet(string name, [NotNullWhen(true)] out ConditionOperator? known) => s_byName.TryGetValue(name, out known);

    /// <summary>Policy variables may stand in texts and ARNs and in Booleans.</summary>
    public bool TakesVariables => Type is ConditionType.Text or ConditionType.Arn or ConditionType.Boolean;

    private static IEnumerable<ConditionOperator> All()
    {
        yield return new("StringEquals", ConditionType.Text, Comparison.Equal, false);
        yield return new("StringNotEquals", ConditionType.Text, Comparison.Equal, true);
        yield return new("StringEqualsIgnoreCase", ConditionType.Text, Comparison.EqualIgnoringCase, false);
        yield return new("StringNotEqualsIgnoreCase", ConditionType.Text, Comparison.EqualIgnoringCase, true);
        yield return new("StringLike", ConditionType.Text, Comparison.Like, false);
        yield return new("StringNotLike", ConditionType.Text, Comparison.Like, true);
        foreach (var type in (ConditionType[])[ConditionType.Numeric, ConditionType.Date])
        {
            yield return new($"{type}Equals", type, Comparison.Equal, false);
            yield return new($"{type}NotEquals", type, Comparison.Equal, true);
            yield return new($"{type}LessThan", type, Comparison.Less, false);
            yield return new($"{type}LessThanEquals", type, Comparison.LessOrEqual, false);
            yield return new($"{type}GreaterThan", type, Comparison.Greater, false);
            yield return new($"{type}GreaterThanEquals", type, Comparison.GreaterOrEqual, false);
        }
        yield return new("Bool", ConditionType.Boolean, Comparison.Equal, false);
        yield return new("BinaryEquals", ConditionType.Binary, Comparison.Equal, false);
        yield return new("IpAddress", ConditionType.Address, Comparison.Equal, false);
        yield return new("NotIpAddress", ConditionType.Address, Comparison.Equal, true);
        // "The ArnEquals and ArnLike condition operators behave identically."
        yield return new("ArnEquals", ConditionType.Arn, Comparison.Like, false);
        yield return new("ArnLike", ConditionType.Arn, Comparison.Like, false);
        yield return new("ArnNotEquals", ConditionType.Arn, Comparison.Like, true);
        yield return new("ArnNotLike", ConditionType.Arn, Comparison.Like, true);
        yield return new("Null", ConditionType.Null, Comparison.Equal, false);
    }
}

/// <summary>What kind of value an operator compares.</summary>
internal enum ConditionType
{
    Text,
    Numeric,
    Date,
    Boolean,
    Binary,
    Address,
    Arn,
    Null,
}

internal enum Comparison
{
    Equal,
    EqualIgnoringCase,
    Like,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>How a condition takes the several values that a key of the request may have.</summary>
internal enum ConditionQualifier
{
    None,

    /// <summary>Every value of the request must pass; also when there is none.</summary>
    ForAllValues,

    /// <summary>At least one value of the request must pass.</summary>
    ForAnyValue,
}
