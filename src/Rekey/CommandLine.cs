using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Rekey.Cli.Commands;

namespace Rekey.Cli;

/// <summary>The commands, and what happens when one of them cannot go on.</summary>
internal static class CommandLine
{
    /// <summary>How long a client command may take to end after Ctrl-C.</summary>
    private static readonly TimeSpan InterruptGrace = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(string[] arguments, CommandContext context, InvocationConfiguration configuration)
    {
        var result = Create(context).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        configuration.EnableDefaultExceptionHandler = false;
        // The server listens to signals itself and takes the time it needs to stop cleanly.
        configuration.ProcessTerminationTimeout = result.CommandResult.Command.Name == "server" ? null : InterruptGrace;
        if (result.Action is ParseErrorAction wrong) return Explain(wrong, result, configuration);
        try
        {
            return await result.InvokeAsync(configuration, CancellationToken.None).ConfigureAwait(false);
        }
        catch (CommandException failure)
        {
            await configuration.Error.WriteLineAsync($"rekey: {failure.Message}").ConfigureAwait(false);
            if (failure.Advice is { Length: > 0 }) await configuration.Error.WriteLineAsync(failure.Advice).ConfigureAwait(false);
            return failure.Status;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }

    private static RootCommand Create(CommandContext context)
    {
        var root = new RootCommand("Keeps secrets and rotates them, over AWS's own protocol.")
        {
            ServerCommand.Create(),
            RotateCommand.Create(context),
            StatusCommand.Create(context),
            DoctorCommand.Create(context),
            VersionCommand.Create(context),
        };
        root.HelpName = "rekey";
        CommandWithExamples.ShowIn(root);
        root.SetAction(result => new HelpAction().Invoke(result));
        return root;
    }

    private static int Explain(ParseErrorAction wrong, ParseResult result, InvocationConfiguration configuration)
    {
        wrong.ShowHelp = false;
        result.Invoke(new InvocationConfiguration { Output = configuration.Error, Error = configuration.Error });
        configuration.Error.WriteLine($"See: {string.Join(' ', NamesOf(result.CommandResult))} --help");
        return ExitCode.Usage;
    }

    /// <summary>The command and those above it, as they are typed.</summary>
    private static IEnumerable<string> NamesOf(CommandResult result) =>
        result.Command is RootCommand ? ["rekey"]
        : result.Parent is CommandResult parent ? NamesOf(parent).Append(result.Command.Name)
        : [result.Command.Name];
}
