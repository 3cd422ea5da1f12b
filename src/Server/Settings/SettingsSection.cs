using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Rekey.Server.Settings;

/// <summary>A section of the configuration and the options class that it fills.</summary>
/// <param name="Name">Its key. One that ends with <see cref="ListSuffix"/> stands for as many as are given, by numbers from 0 on.</param>
internal sealed record SettingsSection(string Name, Type Type)
{
    public const string ListSuffix = ":N";

    /// <summary>The sections that a configuration has in the place of this one.</summary>
    public IEnumerable<SettingsSection> In(IConfiguration configuration)
    {
        if (!Name.EndsWith(ListSuffix, StringComparison.Ordinal)) return [this];
        var list = Name[..^ListSuffix.Length];
        return configuration.GetSection(list).GetChildren()
            .Where(child => int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(child => this with { Name = $"{list}:{child.Key}", IsEntry = true });
    }

    /// <summary>True for one of a list: what its rules say is told with its number.</summary>
    public bool IsEntry { get; private init; }
}

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

    /// <summary>
    /// The same for a list of sections, <c>section:0</c>, <c>section:1</c>, ...: adds <c>IOptions&lt;TList&gt;</c> filled from the section
    /// itself, whose entries are held against <typeparamref name="TEntry"/>.
    /// </summary>
    public static IServiceCollection AddSettingsList<TList, TEntry>(this IServiceCollection services, string section)
        where TList : class
        where TEntry : class
    {
        services.AddSingleton(new SettingsSection(section + SettingsSection.ListSuffix, typeof(TEntry)));
        services.AddOptions<TList>().Configure<IConfiguration>(
            (list, configuration) => configuration.GetSection(section).Bind(list));
        return services;
    }
}
