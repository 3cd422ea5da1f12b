namespace Rekey.Server.Settings;

/// <summary>The settings do not allow a start. One sentence per fault; none repeats a secret.</summary>
public sealed class SettingsException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
