namespace Rekey.Cli.Commands;

/// <summary>What commands take from their process, so that tests can give them another.</summary>
internal sealed record CommandContext(Func<string, string?> Environment, TimeProvider Time)
{
    public static CommandContext OfProcess() => new(System.Environment.GetEnvironmentVariable, TimeProvider.System);
}
