using System.CommandLine;
using System.Globalization;
using Rekey.Cli;
using Rekey.Cli.Commands;
using Rekey.Cli.Output;
using Rekey.Quickstart;

// The proof that ./quickstart shows. One argument: the port of a MariaDB server whose root has no password. The Rekey server and the
// credentials are found in the environment, as by any AWS client. Exit code 0 only if everything held.
var context = CommandContext.OfProcess();
var printer = Printer.For(new InvocationConfiguration().Output, context.Environment, isJson: false, noColor: false);
var database = new MariaDb(int.Parse(args[0], CultureInfo.InvariantCulture));
try
{
    return await new Proof(database, context, printer).RunAsync(CancellationToken.None).ConfigureAwait(false);
}
catch (Exception failure) when (failure is ProofException or CommandException)
{
    printer.Line($"[red]✘ {failure.Message}[/] {(failure as CommandException)?.Advice}");
    return ExitCode.Failed;
}
