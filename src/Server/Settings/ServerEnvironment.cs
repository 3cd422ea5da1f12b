using System.Collections;
using Microsoft.Extensions.Configuration;

namespace Rekey.Server.Settings;

/// <summary>
/// The environment as configuration: the variables that are part of the product's contract by their own names, every other setting as
/// <c>Rekey__Section__Name</c>. A secret may be in a file instead, named by the variable with <c>_FILE</c> appended. Nothing else of the
/// environment is looked at.
/// </summary>
internal static class ServerEnvironment
{
    private const string Prefix = "REKEY_";
    private const string SectionPrefix = "REKEY__";
    private const string FileSuffix = "_FILE";

    private static readonly Dictionary<string, string> s_keys = new(StringComparer.Ordinal)
    {
        ["REKEY_ACCOUNT_ID"] = "Rekey:Server:AccountId",
        ["REKEY_REGION"] = "Rekey:Server:Region",
        ["REKEY_ROOT_ACCESS_KEY_ID"] = "Rekey:Server:RootAccessKeyId",
        ["REKEY_ROOT_SECRET_ACCESS_KEY"] = "Rekey:Server:RootSecretAccessKey",
        ["REKEY_DATABASE"] = "Rekey:Storage:Database",
        ["REKEY_ROOT_KEY"] = "Rekey:Keys:RootKey",
    };

    private static readonly string[] s_secrets = ["REKEY_ROOT_SECRET_ACCESS_KEY", "REKEY_DATABASE", "REKEY_ROOT_KEY"];

    /// <summary>The variables of this process.</summary>
    public static IConfiguration OfProcess() => From(Environment.GetEnvironmentVariables());

    public static IConfiguration From(IDictionary variables)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in variables)
        {
            var name = (string)variable.Key;
            var value = (string?)variable.Value;
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) continue;
            if (name.StartsWith(SectionPrefix, StringComparison.OrdinalIgnoreCase))
                values[name.Replace("__", ":", StringComparison.Ordinal)] = value;
            else if (s_keys.TryGetValue(name, out var key)) values[key] = value;
            else if (SecretOf(name) is { } secret && value is not null) values[s_keys[secret]] = ReadSecret(name, value);
            else values[name] = value; // kept for UnknownVariables
        }
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    /// <summary>The variable by which a setting is usually given, or null.</summary>
    public static string? VariableOf(string key) => s_keys.FirstOrDefault(pair => pair.Value == key).Key;

    /// <summary>
    /// Variables with our prefix that look like a misspelt one of ours, or like a setting with too few underscores. Others are let be:
    /// programs that talk to a server have their own.
    /// </summary>
    /// <param name="settings">The keys of all settings.</param>
    public static IEnumerable<string> UnknownVariables(IConfiguration configuration, IReadOnlyCollection<string> settings) =>
        configuration.GetChildren()
            .Where(child => child.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && child.Value is not null)
            .Select(child => (child.Key, Meant: SettingOf(child.Key, settings) ?? NearestName.Find(child.Key, s_keys.Keys)))
            .Where(pair => pair.Meant is not null)
            .Select(pair => $"{pair.Key} is not a setting. Did you mean {pair.Meant}?");

    /// <summary>The variable of the setting that has the same letters, as <c>Rekey__Regions</c> for <c>REKEY_REGIONS</c>.</summary>
    private static string? SettingOf(string variable, IEnumerable<string> settings)
    {
        var letters = variable.Replace("_", "", StringComparison.Ordinal);
        return settings
            .FirstOrDefault(key => letters.Equals(key.Replace(":", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
            ?.Replace(":", "__", StringComparison.Ordinal);
    }

    private static string? SecretOf(string name) => s_secrets.FirstOrDefault(secret => name == secret + FileSuffix);

    private static string ReadSecret(string name, string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\n', '\r');
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"{name} names a file that cannot be read: {path}."]);
        }
    }
}
