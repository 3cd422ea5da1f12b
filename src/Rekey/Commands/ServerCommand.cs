using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rekey.Cli.Client;
using Rekey.Server;
using Rekey.Server.Identity;
using Rekey.Server.Kms;
using Rekey.Server.Settings;
using Rekey.Server.Storage;

namespace Rekey.Cli.Commands;

/// <summary><c>rekey server</c>: runs a server until SIGTERM or Ctrl-C.</summary>
internal static class ServerCommand
{
    private static readonly Option<string> DataDirectory = new("--data-dir")
    {
        HelpName = "directory",
        Description = "Directory for the database, the root key and the server's other files. Made when missing. Default: data.",
    };

    private static readonly Option<string> Urls = new("--urls")
    {
        HelpName = "urls",
        Description = $"Where to listen, separated by semicolons. Default: {ClientSettings.DefaultEndpoint}.",
    };

    public static Command Create()
    {
        var command = new CommandWithExamples(
            "server",
            "Run a server.",
            "rekey server --data-dir /var/lib/rekey",
            "rekey server --data-dir ./data --urls http://127.0.0.1:7353")
        {
            DataDirectory,
            Urls,
        };
        command.SetAction((result, cancellationToken) => RunAsync(result, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        try
        {
            var app = ServerHost.Build(Configuration(result));
            await using var _ = app.ConfigureAwait(false);
            // Opens the store: what is wrong with it is said in one sentence, not in a log of the host's failed start.
            app.Services.GetRequiredService<EnvelopeCipher>();
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            Welcome(app, result.InvocationConfiguration.Output);
            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        }
        catch (SettingsException fault)
        {
            throw new CommandException(ExitCode.Configuration, "The settings have faults:", string.Join(Environment.NewLine, fault.Faults));
        }
        catch (StorageException fault)
        {
            throw new CommandException(ExitCode.Configuration, fault.Message);
        }
        catch (IOException fault)
        {
            throw new CommandException(ExitCode.Failed, "The server cannot start.", fault.Message);
        }
    }

    /// <summary>The command line goes before the environment.</summary>
    private static IConfiguration Configuration(ParseResult result)
    {
        var given = new Dictionary<string, string?>();
        if (result.GetValue(DataDirectory) is { } directory) given[StorageOptions.DataDirectoryKey] = directory;
        if (result.GetValue(Urls) is { } urls) given[ServerOptions.UrlsKey] = urls;
        return new ConfigurationBuilder().AddConfiguration(ServerEnvironment.OfProcess()).AddInMemoryCollection(given).Build();
    }

    /// <summary>A generated root key is shown here and never again; it stays in the data directory.</summary>
    private static void Welcome(WebApplication app, TextWriter output)
    {
        output.WriteLine($"Rekey serves {string.Join(' ', app.Urls)}");
        var root = app.Services.GetRequiredService<RootAccessKey>();
        if (!root.IsNew) return;
        output.WriteLine("The account's root key was generated. It is shown this once:");
        output.WriteLine($"  AWS_ACCESS_KEY_ID={root.Id}");
        output.WriteLine($"  AWS_SECRET_ACCESS_KEY={root.Secret.RevealText()}");
        output.WriteLine($"It is kept in {app.Services.GetRequiredService<Server.Storage.DataDirectory>().File(RootAccessKey.FileName)}");
    }
}
