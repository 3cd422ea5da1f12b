using System.Collections.Immutable;
using System.Text.Json;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// One operator, one key and the values it is compared with. The operators and keys of a Condition element are flattened to a list of
/// these, all of which must hold.
/// </summary>
internal sealed class PolicyCondition(
    ConditionOperator comparison,
    ConditionQualifier qualifier,
    bool ifExists,
    string key,
    ImmutableArray<ConditionValue> values)
{
    private const string IfExistsSuffix = "IfExists";

    public ConditionOperator Operator { get; } = comparison;

    public ConditionQualifier Qualifier { get; } = qualifier;

    /// <summary>The operator ends with IfExists: an absent key holds.</summary>
    public bool IfExists { get; } = ifExists;

    /// <summary>As written; case does not matter.</summary>
    public string Key { get; } = key;

    /// <summary>At least one, in the policy's order.</summary>
    public ImmutableArray<ConditionValue> Values { get; } = values;

    /// <summary>Reads a Condition element: <c>{ operator: { key: value or values } }</c>.</summary>
    public static ImmutableArray<PolicyCondition> ReadAll(ref PolicyReader reader, PolicyVersion version)
    {
        reader.DemandObject("Condition");
        var conditions = ImmutableArray.CreateBuilder<PolicyCondition>();
        var operators = new HashSet<string>(StringComparer.Ordinal);
        while (reader.ReadMember(operators) is { } name)
        {
            var (comparison, qualifier, ifExists) = ParseOperator(ref reader, name);
            reader.DemandObject("A condition operator's value");
            var keys = new HashSet<string>(StringComparer.Ordinal);
            while (reader.ReadMember(keys) is { } key)
            {
                if (!ContextKeys.IsName(key))
                {
                    throw reader.ErrorInName(
                        PolicyFault.Condition, $"'{EchoedText.Shown(key)}' is not a condition key such as aws:SourceIp.");
                }
                conditions.Add(new PolicyCondition(comparison, qualifier, ifExists, key, ReadValues(ref reader, comparison, version)));
                reader.Leave();
            }
            reader.Leave();
        }
        return conditions.DrainToImmutable();
    }

    /// <summary>
    /// Whether the request passes. Null when it cannot be said: a key with several values is compared without set operator.
    /// </summary>
    public bool? Holds(ContextKeys keys)
    {
        var given = keys.Find(Key);
        if (Operator.Type == ConditionType.Null) return IsOneWanted(given.IsEmpty);
        // "or if the context key value resolves to a null dataset, such as an empty string": Guide, set operators.
        if (given.IsEmpty || (Qualifier == ConditionQualifier.ForAllValues && given is [""]))
        {
            return Qualifier switch
            {
                ConditionQualifier.ForAllValues => true,
                ConditionQualifier.ForAnyValue => false,
                _ => IfExists || Operator.IsNegated,
            };
        }
        if (Qualifier == ConditionQualifier.None && given.Length > 1) return null;
        foreach (var value in given)
        {
            var passes = Passes(value, keys);
            if (passes != (Qualifier == ConditionQualifier.ForAllValues)) return passes;
        }
        return Qualifier == ConditionQualifier.ForAllValues;
    }

    /// <summary>
    /// One of the values for an operator, none of them for a negated one. A policy variable without value makes its value match nothing,
    /// and a negated condition fail.
    /// </summary>
    private bool Passes(string given, ContextKeys keys)
    {
        foreach (var value in Values)
        {
            var matches = value.Matches(given, keys);
            if (matches == true) return !Operator.IsNegated;
            if (matches is null && Operator.IsNegated) return false;
        }
        return Operator.IsNegated;
    }

    private bool IsOneWanted(bool isAbsent)
    {
        foreach (var value in Values)
            if (((BooleanValue)value).Wanted == isAbsent) return true;
        return false;
    }

    private static (ConditionOperator Comparison, ConditionQualifier Qualifier, bool IfExists) ParseOperator(
        ref PolicyReader reader, string name)
    {
        var (qualifier, rest) = (ConditionQualifier.None, name);
        foreach (var known in (ConditionQualifier[])[ConditionQualifier.ForAllValues, ConditionQualifier.ForAnyValue])
            if (name.StartsWith($"{known}:", StringComparison.Ordinal)) (qualifier, rest) = (known, name[(known.ToString().Length + 1)..]);
        var ifExists = rest.EndsWith(IfExistsSuffix, StringComparison.Ordinal);
        if (ifExists) rest = rest[..^IfExistsSuffix.Length];
        if (!ConditionOperator.TryGet(rest, out var comparison))
            throw reader.ErrorInName(PolicyFault.Condition, $"'{EchoedText.Shown(name)}' is not a condition operator.");
        if (comparison.Type == ConditionType.Null && (ifExists || qualifier != ConditionQualifier.None))
            throw reader.ErrorInName(PolicyFault.Condition, "Null asks for the key itself: it takes neither IfExists nor a set operator.");
        return (comparison, qualifier, ifExists);
    }

    private static ImmutableArray<ConditionValue> ReadValues(ref PolicyReader reader, ConditionOperator comparison, PolicyVersion version)
    {
        const string What = "A condition value";
        if (reader.Token != JsonTokenType.StartArray) return [ConditionValue.Parse(ref reader, reader.Scalar(What), comparison, version)];
        var values = ImmutableArray.CreateBuilder<ConditionValue>();
        while (reader.ReadElement(values.Count)) values.Add(ConditionValue.Parse(ref reader, reader.Scalar(What), comparison, version));
        if (values.Count == 0) throw reader.Error(PolicyFault.MissingElement, "A condition key must have a value.");
        return values.DrainToImmutable();
    }
}
