using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Rekey.Cli.Commands;

/// <summary>A command whose help ends with command lines to copy.</summary>
internal sealed class CommandWithExamples(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Makes every <c>--help</c> below <paramref name="root"/> show the examples.</summary>
    public static void ShowIn(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Description = "Show this help.";
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
    }

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var output = parseResult.InvocationConfiguration.Output;
            using var text = new StringWriter();
            parseResult.InvocationConfiguration.Output = text;
            var status = help.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output = output;
            output.Write(WithoutArgumentsOfParent(text.ToString(), parseResult.CommandResult));
            if (parseResult.CommandResult.Command is not CommandWithExamples command) return status;
            output.WriteLine("Examples:");
            foreach (var example in command.Examples) output.WriteLine($"  {example}");
            output.WriteLine();
            return status;
        }
    }

    /// <summary>A command below another takes the arguments of its own alone; the usage names both.</summary>
    private static string WithoutArgumentsOfParent(string help, CommandResult result)
    {
        if (result.Parent is not CommandResult { Command.Arguments: [var argument, ..] } parent) return help;
        return help.Replace(
            $"{parent.Command.Name} <{argument.Name}> {result.Command.Name} ", $"{parent.Command.Name} {result.Command.Name} ",
            StringComparison.Ordinal);
    }

    private IReadOnlyList<string> Examples { get; } = examples;
}
