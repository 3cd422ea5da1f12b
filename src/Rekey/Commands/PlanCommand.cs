using System.CommandLine;
using Rekey.Cli.Client;
using Rekey.Cli.Output;

namespace Rekey.Cli.Commands;

/// <summary><c>rekey rotate plan</c>: has the server say what a rotation of the secret would do now, without doing it.</summary>
internal static class PlanCommand
{
    public static Command Create(CommandContext context)
    {
        var secret = new Argument<string>("secret") { Description = "Name or ARN of the secret." };
        var exitCode = new Option<bool>("--exit-code") { Description = "End with code 1 when the rights of the pair differ." };
        var client = new ClientOptions();
        var output = new OutputOptions();
        var command = new CommandWithExamples(
            "plan", "Show what a rotation would do now: statements with masked values, and in what a pair differs. Changes nothing.",
            "rekey rotate plan prod/orders/mysql",
            "rekey rotate plan prod/orders/mysql --exit-code --output json")
        {
            secret, exitCode,
        };
        client.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var connection = client.Connect(result, context);
            var printer = output.Printer(result, context);
            var request = new PlanRotationRequest(result.GetRequiredValue(secret));
            var plan = await connection.PlanRotationAsync(request, cancellationToken).ConfigureAwait(false);
            if (printer.IsJson) printer.Json(plan, MessagesJson.Default.PlannedRotation);
            else Print(printer, plan);
            return result.GetValue(exitCode) && plan.Differences.Count > 0 ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    private static void Print(Printer printer, PlannedRotation plan)
    {
        printer.Line($"A rotation of [bold]{plan.Name}[/] now gives {plan.Username} a new password.");
        if (plan.Differences.Count > 0) printer.Line($"The pair differs:");
        foreach (var difference in plan.Differences) printer.Line($"  [yellow]{difference}[/]");
        printer.Line($"It sends:");
        foreach (var statement in plan.Statements) printer.Line($"  {statement}");
    }
}
