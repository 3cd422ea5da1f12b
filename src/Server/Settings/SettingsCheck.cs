using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Rekey.Server.Settings;

/// <summary>
/// Holds the whole configuration against the options classes and reports all faults at once: unknown keys, values that are not of their
/// type, values outside their range. Each fault names the key, the value (unless it is secret) and what is allowed.
/// </summary>
internal static class SettingsCheck
{
    private const string Root = "Rekey";

    public static void Demand(IConfiguration configuration, IReadOnlyCollection<SettingsSection> sections)
    {
        var faults = new List<string>();
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var given = sections.SelectMany(section => section.In(configuration)).ToList();
        foreach (var section in given)
        {
            foreach (var open in section.Type.GetProperties().Where(IsOpen))
                known.UnionWith(configuration.GetSection($"{section.Name}:{open.Name}").AsEnumerable().Select(pair => pair.Key));
            foreach (var property in section.Type.GetProperties().Where(property => property.CanWrite))
            {
                var key = $"{section.Name}:{property.Name}";
                known.Add(key);
                if (FaultOf(property, configuration[key]) is { } fault) faults.Add($"{Shown(key)} {fault}");
            }
        }
        foreach (var (key, value) in configuration.GetSection(Root).AsEnumerable())
            if (value is not null && !known.Contains(key)) faults.Add($"{key} is not a setting.{NearestName.Hint(key, known)}");
        if (faults.Count == 0) faults.AddRange(given.SelectMany(section => FaultsTogether(section, configuration)));
        faults.AddRange(ServerEnvironment.UnknownVariables(configuration, known));
        if (faults.Count > 0) throw new SettingsException(faults);
    }

    /// <summary>
    /// Rules between the settings of a section, asked once each setting is right by itself and none has others below it.
    /// </summary>
    private static IEnumerable<string> FaultsTogether(SettingsSection section, IConfiguration configuration) =>
        configuration.GetSection(section.Name).Get(section.Type) is IValidatableObject options
            ? options.Validate(new ValidationContext(options)).Select(
                fault => $"{(section.IsEntry ? section.Name + ": " : "")}{fault.ErrorMessage}")
            : [];

    /// <summary>A dictionary, whose keys the options class itself checks.</summary>
    private static bool IsOpen(PropertyInfo property) => !property.CanWrite && property.PropertyType.IsAssignableTo(typeof(IDictionary));

    private static string? FaultOf(PropertyInfo property, string? text)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (text is null) return null;
        if (text.Length == 0)
        {
            var canBeNull = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
            return canBeNull ? null : "must not be empty.";
        }
        var shown = property.GetCustomAttribute<SecretSettingAttribute>() is null ? $"is '{text}'" : "is wrong";
        var isOfType = TryParse(type, text, out var value);
        if (isOfType && property.GetCustomAttributes<ValidationAttribute>().All(rule => rule.IsValid(value))) return null;
        return $"{shown}: it must be {Allowed(property, type)}.";
    }

    private static bool TryParse(Type type, string text, out object? value)
    {
        var invariant = CultureInfo.InvariantCulture;
        var (isValid, parsed) = type switch
        {
            _ when type == typeof(string) => (true, text),
            _ when type == typeof(int) => (int.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out var number), (object)number),
            _ when type == typeof(long) => (long.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out var number), number),
            _ when type == typeof(double) => (double.TryParse(text, NumberStyles.Float, invariant, out var number), number),
            _ when type == typeof(bool) => (bool.TryParse(text, out var flag), flag),
            _ when type == typeof(TimeSpan) => (TimeSpan.TryParse(text, invariant, out var span), span),
            _ when type.IsEnum => (Enum.TryParse(type, text, ignoreCase: true, out var member) && Enum.IsDefined(type, member!), member!),
            _ => throw new InvalidOperationException($"Settings of type {type} are not known."),
        };
        value = parsed;
        return isValid;
    }

    private static string Allowed(PropertyInfo property, Type type)
    {
        var range = property.GetCustomAttribute<RangeAttribute>();
        var limits = range is null ? "" : string.Create(CultureInfo.InvariantCulture, $" from {range.Minimum} to {range.Maximum}");
        if (type == typeof(int) || type == typeof(long)) return "a whole number" + limits;
        if (type == typeof(double)) return "a number" + limits;
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(TimeSpan)) return "a time such as 00:00:30";
        if (type.IsEnum) return "one of " + string.Join(", ", Enum.GetNames(type));
        return property.GetCustomAttribute<RegularExpressionAttribute>()?.ErrorMessage ?? "a text of another form";
    }

    /// <summary>The key, and beside it the variable that most people set it by.</summary>
    private static string Shown(string key) => ServerEnvironment.VariableOf(key) is { } variable ? $"{key} ({variable})" : key;
}
