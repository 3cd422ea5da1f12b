using System.CommandLine;
using Rekey.Cli;
using Rekey.Cli.Commands;

namespace Rekey.Server.Tests.Cli;

/// <summary>What one run of the command line printed and returned.</summary>
internal sealed record CommandRun(int Status, string Output, string Error)
{
    /// <summary>Both halves of the key that runs sign with; the second must never be seen in any output.</summary>
    public const string AccessKeyId = "AKIDOFTHETEST";
    public const string SecretHalf = "canary-9f2b7c-secret-half";

    public static async Task<CommandRun> OfAsync(string? endpoint, params string[] arguments)
    {
        var environment = new Dictionary<string, string?>
        {
            ["AWS_ACCESS_KEY_ID"] = AccessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = SecretHalf,
            ["AWS_ENDPOINT_URL"] = endpoint,
            ["AWS_REGION"] = "eu-central-1",
            ["HOME"] = AppContext.BaseDirectory,
        };
        using var output = new StringWriter();
        using var error = new StringWriter();
        var context = new CommandContext(name => environment.GetValueOrDefault(name), TimeProvider.System);
        var status = await CommandLine.RunAsync(arguments, context, new InvocationConfiguration { Output = output, Error = error });
        return new CommandRun(status, output.ToString(), error.ToString());
    }
}
