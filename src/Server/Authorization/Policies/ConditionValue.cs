using System.Globalization;

namespace Rekey.Server.Authorization.Policies;

/// <summary>A value of a condition, ready to be compared with values of requests.</summary>
internal abstract class ConditionValue(string text)
{
    /// <summary>As written; a number or a Boolean without quotation marks as it stands in the JSON.</summary>
    public string Text { get; } = text;

    /// <summary>True when it has neither a wildcard nor a policy variable, whether its operator and version know them or not.</summary>
    public bool IsFixed => !Text.AsSpan().ContainsAny('*', '?') && !Text.Contains("${", StringComparison.Ordinal);

    /// <summary>Whether the request's value passes; null when a policy variable has no value in this request.</summary>
    public abstract bool? Matches(string value, ContextKeys keys);

    /// <param name="reader">Stands on the value.</param>
    /// <param name="text">As written.</param>
    /// <param name="comparison">The operator.</param>
    /// <param name="version">Whether variables are known.</param>
    public static ConditionValue Parse(ref PolicyReader reader, string text, ConditionOperator comparison, PolicyVersion version)
    {
        if (version == PolicyVersion.V2012 && !comparison.TakesVariables && text.Contains("${", StringComparison.Ordinal))
            throw reader.Error(PolicyFault.Variable, $"A policy variable may not stand in a value of {comparison.Name}.");
        return comparison.Type switch
        {
            ConditionType.Text => new TextValue(
                TextPattern.Parse(ref reader, text, version, comparison.Comparison == Comparison.Like), comparison.Comparison),
            ConditionType.Arn => new ArnValue(TextPattern.Parse(ref reader, text, version, hasWildcards: true)),
            ConditionType.Numeric when NumericValue.TryParse(text, out var number) =>
                new NumericValue(text, number, comparison.Comparison),
            ConditionType.Numeric => throw Invalid(ref reader, text, "a number"),
            ConditionType.Date when DateValue.TryParse(text, out var date) => new DateValue(text, date, comparison.Comparison),
            ConditionType.Date => throw Invalid(ref reader, text, "a date in ISO 8601 or in seconds since 1970"),
            ConditionType.Boolean when version == PolicyVersion.V2012 && text.Contains("${", StringComparison.Ordinal) =>
                new TextValue(TextPattern.Parse(ref reader, text, version, hasWildcards: false), Comparison.EqualIgnoringCase),
            ConditionType.Boolean or ConditionType.Null when bool.TryParse(text, out var wanted) => new BooleanValue(text, wanted),
            ConditionType.Boolean or ConditionType.Null => throw Invalid(ref reader, text, "true or false"),
            ConditionType.Binary => BinaryValue.TryParse(text) ?? throw Invalid(ref reader, text, "base64"),
            _ => AddressValue.TryParse(text) ?? throw Invalid(ref reader, text, "an IP address or a range in CIDR format"),
        };
    }

    public override string ToString() => Text;

    private static PolicySyntaxException Invalid(ref PolicyReader reader, string text, string wanted) =>
        reader.Error(PolicyFault.Condition, $"'{EchoedText.Shown(text)}' is not {wanted}.");
}

/// <summary>For the String operators.</summary>
internal sealed class TextValue(TextPattern pattern, Comparison comparison) : ConditionValue(pattern.Text)
{
    public override bool? Matches(string value, ContextKeys keys) => pattern.Resolve(keys) is not { } wanted
        ? null
        : comparison switch
        {
            Comparison.Like => Wildcards.Matches(wanted, value),
            Comparison.EqualIgnoringCase => wanted.Equals(value, StringComparison.OrdinalIgnoreCase),
            _ => wanted.Equals(value, StringComparison.Ordinal),
        };
}

/// <summary>
/// For the Arn operators: each of the six parts is matched by itself, so a wildcard does not reach over a colon, except in the last part.
/// Whatever has fewer than six parts matches nothing.
/// </summary>
internal sealed class ArnValue(TextPattern pattern) : ConditionValue(pattern.Text)
{
    private const int Parts = 6;

    public override bool? Matches(string value, ContextKeys keys) =>
        pattern.Resolve(keys) is { } wanted ? MatchesParts(wanted, value) : null;

    private static bool MatchesParts(ReadOnlySpan<char> pattern, ReadOnlySpan<char> arn)
    {
        for (var part = 1; part < Parts; part++)
        {
            var (patternEnd, arnEnd) = (pattern.IndexOf(':'), arn.IndexOf(':'));
            if (patternEnd < 0 || arnEnd < 0 || !Wildcards.Matches(pattern[..patternEnd], arn[..arnEnd])) return false;
            pattern = pattern[(patternEnd + 1)..];
            arn = arn[(arnEnd + 1)..];
        }
        return Wildcards.Matches(pattern, arn);
    }
}

/// <summary>For the Numeric operators: an integer or a decimal.</summary>
internal sealed class NumericValue(string text, decimal number, Comparison comparison) : ConditionValue(text)
{
    private const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public static bool TryParse(string text, out decimal number) =>
        decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out number);

    public override bool? Matches(string value, ContextKeys keys) =>
        TryParse(value, out var given) && Ordering.Holds(comparison, given.CompareTo(number));
}

/// <summary>For Bool and Null.</summary>
internal sealed class BooleanValue(string text, bool wanted) : ConditionValue(text)
{
    public bool Wanted { get; } = wanted;

    public override bool? Matches(string value, ContextKeys keys) => bool.TryParse(value, out var given) && given == Wanted;
}

/// <summary>For BinaryEquals: base64 in the policy and in the request, compared byte for byte.</summary>
internal sealed class BinaryValue : ConditionValue
{
    private readonly byte[] _bytes;

    private BinaryValue(string text, byte[] bytes)
        : base(text) => _bytes = bytes;

    public static BinaryValue? TryParse(string text) => Decode(text) is { } bytes ? new BinaryValue(text, bytes) : null;

    public override bool? Matches(string value, ContextKeys keys) => Decode(value) is { } bytes && bytes.AsSpan().SequenceEqual(_bytes);

    private static byte[]? Decode(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }
}

/// <summary>What an order of two values says to a comparison.</summary>
internal static class Ordering
{
    /// <param name="comparison">The operator's.</param>
    /// <param name="order">Below, at or above zero, as the request's value is below, at or above the policy's.</param>
    public static bool Holds(Comparison comparison, int order) => comparison switch
    {
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        Comparison.GreaterOrEqual => order >= 0,
        _ => order == 0,
    };
}
