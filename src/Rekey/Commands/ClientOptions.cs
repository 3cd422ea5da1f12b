using System.CommandLine;
using Rekey.Cli.Client;

namespace Rekey.Cli.Commands;

/// <summary>The options of every command that speaks to a server.</summary>
internal sealed class ClientOptions
{
    private readonly Option<string?> _endpointUrl = new("--endpoint-url")
    {
        HelpName = "url",
        Description = "The server. Default: AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL, the profile, "
            + ClientSettings.DefaultEndpoint + ".",
    };

    private readonly Option<string?> _region = new("--region")
    {
        HelpName = "region",
        Description = "The secret's region. Default: AWS_REGION, AWS_DEFAULT_REGION, the profile, " + ClientSettings.DefaultRegion + ".",
    };

    private readonly Option<string?> _profile = new("--profile")
    {
        HelpName = "name",
        Description = "Profile of the AWS configuration files to take keys and settings from. Default: the environment's keys, "
            + "AWS_PROFILE, the profile 'default'.",
    };

    public void AddTo(Command command)
    {
        command.Add(_endpointUrl);
        command.Add(_region);
        command.Add(_profile);
    }

    public RekeyClient Connect(ParseResult result, CommandContext context)
    {
        var choices = new ClientChoices(result.GetValue(_endpointUrl), result.GetValue(_region), result.GetValue(_profile));
        return new RekeyClient(ClientSettings.Resolve(choices, context.Environment), context.Time);
    }
}
