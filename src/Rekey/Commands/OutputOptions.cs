using System.CommandLine;
using Rekey.Cli.Output;

namespace Rekey.Cli.Commands;

/// <summary>How a command prints.</summary>
internal sealed class OutputOptions
{
    private readonly Option<string> _format = new Option<string>("--output")
    {
        HelpName = "json|text",
        Description = "text for people, json for programs: one document on standard output.",
        DefaultValueFactory = _ => "text",
    }.AcceptOnlyFromAmong("json", "text");

    private readonly Option<bool> _noColor = new("--no-color")
    {
        Description = "Plain lines, as with NO_COLOR set or without a terminal.",
    };

    public void AddTo(Command command)
    {
        command.Add(_format);
        command.Add(_noColor);
    }

    public Printer Printer(ParseResult result, CommandContext context) => Output.Printer.For(
        result.InvocationConfiguration.Output, context.Environment, result.GetValue(_format) == "json", result.GetValue(_noColor));
}
