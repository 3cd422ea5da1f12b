using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Settings;
using Shouldly;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Settings: a key and its value on each line. The check says what is wrong and nothing else comes out of it; it repeats no secret.
/// </summary>
internal sealed class SettingsTarget : FuzzTarget
{
    private const string SecretValue = "hunter2-hunter2";

    private readonly SettingsSection[] _sections;

    public SettingsTarget(IServiceProvider services)
    {
        _sections = [.. services.GetServices<SettingsSection>()];
        var keys = _sections.SelectMany(section => section.Type.GetProperties().Where(property => property.CanWrite)
            .Select(property => $"{section.Name}:{property.Name}")).ToArray();
        Words =
        [
            .. keys.Select(key => $"\n{key}="), "=", "\n", ":", "Rekey:", "00:00:30", "-1", "true", "1.5", "NaN", "1e400", "http://a:1",
            "é",
        ];
        Corpus = [.. keys.SelectMany(key => new[] { $"{key}=", $"{key}=7", $"{key}=true", $"{key}=00:01:00", $"{key}=x" })
            .Select(Encoding.UTF8.GetBytes)];
    }

    public override string Name => "settings";

    public override IReadOnlyList<byte[]> Corpus { get; }

    public override IReadOnlyList<string> Words { get; }

    public override void Check(byte[] input)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in Encoding.UTF8.GetString(input).Split('\n'))
            if (line.Split('=', 2) is [{ Length: > 0 } key, var value]) values[key] = value;
        values["Rekey:Server:RootSecretAccessKey"] = SecretValue;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var faults = FaultsOf(configuration);
        FaultsOf(configuration).ShouldBe(faults);
        faults.ShouldAllBe(fault => fault.Length > 0 && !fault.Contains(SecretValue));
    }

    private IReadOnlyList<string> FaultsOf(IConfiguration configuration)
    {
        try
        {
            SettingsCheck.Demand(configuration, _sections);
            return [];
        }
        catch (SettingsException refusal)
        {
            return refusal.Faults;
        }
    }
}
