using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

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
            var status = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is not CommandWithExamples command) return status;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in command.Examples) output.WriteLine($"  {example}");
            output.WriteLine();
            return status;
        }
    }

    private IReadOnlyList<string> Examples { get; } = examples;
}
