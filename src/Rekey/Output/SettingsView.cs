using Rekey.Cli.Client;
using Rekey.Cli.Commands;

namespace Rekey.Cli.Output;

/// <summary>A line for each setting, by the option's name, then what the rotation is bound to.</summary>
internal static class SettingsView
{
    private const int NameColumns = 18;

    public static void Print(Printer printer, ConfiguredRotation rotation)
    {
        var settings = rotation.Settings;
        printer.Line($"The rotation of [bold]{rotation.Name}[/]");
        Show(printer, "grant-sync", settings.GrantSync);
        Show(printer, "overlap", settings.Overlap);
        Show(printer, "grace", Time(settings.GraceSeconds));
        Show(printer, "users", settings.Users is { } users ? $"{users.Base},{users.Twin}" : null);
        Show(printer, "heartbeat", settings.HeartbeatSeconds is { } beat ? beat == 0 ? null : Duration.Show(beat) : "default");
        Show(printer, "heal", settings.HealOnFailedHeartbeat == true ? "true" : "false");
        Show(printer, "postgres-clone", settings.PostgresClone);
        Show(printer, "owner-role", settings.OwnerRole);
        Show(printer, "verifier", settings.Verifier);
        Show(printer, "old-sessions", settings.OldSessions);
        Show(printer, "soak", Time(settings.SoakSeconds));
        Show(printer, "foreign", settings.ForeignCredentials);
        foreach (var (name, value) in settings.Passwords ?? new Dictionary<string, string>())
            Show(printer, "password-setting", $"{name}={value}");
        Show(printer, "superuser", rotation.SuperuserArn);
        Show(printer, "target", rotation.Target is { } target ? $"{target.Username} on {target.Host}:{target.Port}" : "not known yet");
    }

    private static string? Time(int? seconds) => seconds is { } known ? Duration.Show(known) : null;

    private static void Show(Printer printer, string name, string? value) =>
        printer.Line($"  {name.PadRight(NameColumns)}{value ?? "none"}");
}
