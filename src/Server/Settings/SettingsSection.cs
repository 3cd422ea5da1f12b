using Microsoft.Extensions.DependencyInjection;

namespace Rekey.Server.Settings;

/// <summary>A section of the configuration and the options class that it fills.</summary>
internal sealed record SettingsSection(string Name, Type Type);

internal static class SettingsSections
{
    /// <summary>
    /// Adds <c>IOptions&lt;T&gt;</c> filled from a section. Its keys, types and validation attributes are checked with those of all other
    /// sections before anything starts: see <see cref="SettingsCheck"/>.
    /// </summary>
    public static IServiceCollection AddSettings<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddSingleton(new SettingsSection(section, typeof(T)));
        services.AddOptions<T>().BindConfiguration(section);
        return services;
    }
}
