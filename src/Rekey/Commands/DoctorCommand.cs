using System.CommandLine;
using Rekey.Cli.Client;
using Rekey.Cli.Output;

namespace Rekey.Cli.Commands;

/// <summary>
/// <c>rekey doctor</c>: has the server walk the way a rotation of the secret would take, without changing anything.
/// </summary>
internal static class DoctorCommand
{
    public static Command Create(CommandContext context)
    {
        var secret = new Argument<string>("secret") { Description = "Name or ARN of the secret." };
        var client = new ClientOptions();
        var output = new OutputOptions();
        var command = new CommandWithExamples(
            "doctor", "Check each hop a rotation would take, and name the one that fails. Changes nothing.",
            "rekey doctor prod/orders/mysql",
            "rekey doctor prod/orders/mysql --endpoint-url https://secrets.example.com --output json")
        {
            secret,
        };
        client.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var connection = client.Connect(result, context);
            var printer = output.Printer(result, context);
            var request = new DiagnoseSecretRequest(result.GetRequiredValue(secret));
            var diagnosis = await connection.DiagnoseSecretAsync(request, cancellationToken).ConfigureAwait(false);
            if (printer.IsJson) printer.Json(diagnosis, MessagesJson.Default.Diagnosis);
            else DiagnosisView.Print(printer, diagnosis, connection.Endpoint);
            return diagnosis.Hops.All(hop => hop.Ok) ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }
}
