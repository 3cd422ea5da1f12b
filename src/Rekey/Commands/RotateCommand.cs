using System.CommandLine;
using System.Security.Cryptography;
using Rekey.Cli.Client;
using Rekey.Cli.Output;

namespace Rekey.Cli.Commands;

/// <summary>
/// <c>rekey rotate</c>: starts a rotation now, as RotateSecret does, and with <c>--watch</c> follows it to its end.
/// Needs secretsmanager:RotateSecret, and rekey:DescribeRotation to watch. Below it are the commands that concern how it is done.
/// </summary>
internal static class RotateCommand
{
    /// <summary>How long a watched rotation may take before the command stops waiting for it.</summary>
    private const int WatchSeconds = 300;

    public static Command Create(CommandContext context)
    {
        var secret = new Argument<string>("secret") { Description = "Name or ARN of the secret." };
        var watch = new Option<bool>("--watch", "-w")
        {
            Description = "Show the four steps as they happen, and end when the rotation ends.",
        };
        var timeout = new Option<int>("--timeout")
        {
            HelpName = "seconds",
            Description = "With --watch: stop waiting after this long. The rotation goes on in the server.",
            DefaultValueFactory = _ => WatchSeconds,
        };
        timeout.Validators.Add(result =>
        {
            var isWrong = result.Tokens is [var token] && int.TryParse(token.Value, out var seconds) && seconds < 1;
            if (isWrong) result.AddError("--timeout takes a number of seconds from 1 on.");
        });
        var function = new Option<string?>("--rotation-lambda-arn")
        {
            HelpName = "arn",
            Description = "The rotation function. Needed the first time; the secret keeps it.",
        };
        var client = new ClientOptions();
        var output = new OutputOptions();
        var command = new CommandWithExamples(
            "rotate", "Rotate a secret now.",
            "rekey rotate prod/orders/mysql --watch",
            "rekey rotate prod/orders/mysql --watch --timeout 60 --output json",
            "rekey rotate prod/orders/mysql --watch --rotation-lambda-arn \\",
            "    arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMySQLRotationSingleUser")
        {
            secret, watch, timeout, function, PlanCommand.Create(context), ConfigureCommand.Create(context),
        };
        client.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var connection = client.Connect(result, context);
            var printer = output.Printer(result, context);
            var request = new RotateSecretRequest(result.GetRequiredValue(secret), NewToken(), result.GetValue(function));
            if (!result.GetValue(watch)) return await StartAsync(connection, printer, request, cancellationToken).ConfigureAwait(false);
            var watcher = new RotationWatch(connection, printer, context.Time, TimeSpan.FromSeconds(result.GetValue(timeout)));
            return await watcher.RunAsync(request, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>It becomes the id of the new version. Sent again, it would start nothing new.</summary>
    private static string NewToken() => new Guid(RandomNumberGenerator.GetBytes(16)).ToString();

    private static async Task<int> StartAsync(
        RekeyClient client, Printer printer, RotateSecretRequest request, CancellationToken cancellationToken)
    {
        var started = await client.RotateSecretAsync(request, cancellationToken).ConfigureAwait(false);
        if (printer.IsJson) printer.Json(started, MessagesJson.Default.RotateSecretResponse);
        else printer.Line($"The rotation of {started.Name} has begun: version {started.VersionId}.");
        return ExitCode.Success;
    }
}
