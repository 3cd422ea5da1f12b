using System.CommandLine;
using Rekey.Cli.Client;
using Rekey.Cli.Output;

namespace Rekey.Cli.Commands;

/// <summary><c>rekey status</c>: how all rotations of the account and region stand, and an exit code that scripts can go by.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandContext context)
    {
        var problems = new Option<bool>("--problems") { Description = "Show only what needs attention." };
        var client = new ClientOptions();
        var output = new OutputOptions();
        var command = new CommandWithExamples(
            "status", "Show how the rotations of all secrets stand. Ends with code 1 when one of them needs attention.",
            "rekey status",
            "rekey status --problems --region eu-west-1 --output json")
        {
            problems,
        };
        client.AddTo(command);
        output.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var connection = client.Connect(result, context);
            var printer = output.Printer(result, context);
            var all = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            var needy = all.Where(rotation => rotation.Problems.Count > 0).ToList();
            var shown = result.GetValue(problems) ? needy : all;
            if (printer.IsJson) printer.Json(new RotationList(shown, NextToken: null), MessagesJson.Default.RotationList);
            else StatusView.Print(printer, shown, all.Count, needy.Count, context.Time.GetUtcNow());
            return needy.Count == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    private static async Task<List<RotationSummary>> ReadAsync(RekeyClient client, CancellationToken cancellationToken)
    {
        var all = new List<RotationSummary>();
        string? token = null;
        do
        {
            var page = await client.ListRotationsAsync(new ListRotationsRequest(token), cancellationToken).ConfigureAwait(false);
            all.AddRange(page.Rotations);
            token = page.NextToken;
        }
        while (token is not null);
        return all;
    }
}
