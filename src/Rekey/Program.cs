using System.CommandLine;
using Rekey.Cli;
using Rekey.Cli.Commands;

return await CommandLine.RunAsync(args, CommandContext.OfProcess(), new InvocationConfiguration()).ConfigureAwait(false);
