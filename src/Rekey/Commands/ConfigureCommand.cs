using System.CommandLine;
using Rekey.Cli.Client;
using Rekey.Cli.Output;

namespace Rekey.Cli.Commands;

/// <summary>
/// <c>rekey rotate configure</c>: shows how a secret is rotated beyond what RotateSecret says, or changes it. Reads the settings and writes
/// them back with the changes asked for: of two at the same time the later one counts.
/// </summary>
internal static class ConfigureCommand
{
    public static Command Create(CommandContext context)
    {
        var secret = new Argument<string>("secret") { Description = "Name or ARN of the secret." };
        var settings = new SettingOptions();
        var client = new ClientOptions();
        var output = new OutputOptions();
        var command = new CommandWithExamples(
            "configure", "Show or change how a secret is rotated.",
            "rekey rotate configure prod/orders/mysql",
            "rekey rotate configure prod/orders/mysql --overlap require --grace 2h --heartbeat 15m",
            "rekey rotate configure prod/orders/postgres --users orders_a,orders_b --grant-sync verifyOnly",
            "rekey rotate configure prod/orders/mysql --password-setting PASSWORD_LENGTH=40 --password-setting EXCLUDE_PUNCTUATION=true")
        {
            secret,
        };
        settings.AddTo(command);
        client.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var connection = client.Connect(result, context);
            var printer = output.Printer(result, context);
            var id = result.GetRequiredValue(secret);
            var configured = await connection.GetRotationSettingsAsync(new GetRotationSettingsRequest(id), cancellationToken)
                .ConfigureAwait(false);
            if (settings.AreGiven(result))
            {
                var request = new PutRotationSettingsRequest(id, settings.Apply(result, configured.Settings));
                configured = await connection.PutRotationSettingsAsync(request, cancellationToken).ConfigureAwait(false);
            }
            if (printer.IsJson) printer.Json(configured, MessagesJson.Default.ConfiguredRotation);
            else SettingsView.Print(printer, configured);
            return ExitCode.Success;
        });
        return command;
    }
}
