using Rekey.Aws;
using Rekey.Aws.SigV4;

namespace Rekey.Cli.Client;

/// <summary>Which server to speak to and as whom. Found where the AWS CLI finds it, so that one set-up serves both.</summary>
internal sealed class ClientSettings
{
    /// <summary>Where a server listens that was started without <c>--urls</c>.</summary>
    public const string DefaultEndpoint = "http://127.0.0.1:7353";

    public const string DefaultRegion = "us-east-1";

    private const string ServiceVariable = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

    public required Uri Endpoint { get; init; }

    public required string Region { get; init; }

    public required SigningCredentials Credentials { get; init; }

    /// <summary>Throws <see cref="CommandException"/> when something is missing or cannot be used.</summary>
    public static ClientSettings Resolve(ClientChoices choices, Func<string, string?> environment)
    {
        var profiles = Profiles.Load(choices.Profile, environment);
        return new ClientSettings
        {
            Endpoint = ParseEndpoint(choices.EndpointUrl ?? FindEndpoint(environment, profiles) ?? DefaultEndpoint),
            Region = choices.Region ?? Set(environment, "AWS_REGION") ?? Set(environment, "AWS_DEFAULT_REGION")
                ?? profiles.Find("region") ?? DefaultRegion,
            Credentials = FindCredentials(choices, environment, profiles),
        };
    }

    /// <summary>The variable, unless it is empty.</summary>
    internal static string? Set(Func<string, string?> environment, string name) =>
        environment(name) is { Length: > 0 } value ? value : null;

    /// <summary>
    /// The service's own endpoint before the one for all services, the environment before the files: the order of the SDKs.
    /// </summary>
    private static string? FindEndpoint(Func<string, string?> environment, Profiles profiles) =>
        Set(environment, ServiceVariable)
        ?? Set(environment, "AWS_ENDPOINT_URL")
        ?? profiles.FindForService("secrets_manager.endpoint_url") ?? profiles.Find("endpoint_url");

    private static Uri ParseEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
            ? uri
            : throw new CommandException(
                ExitCode.Configuration, "The endpoint URL cannot be used.",
                $"It must look like {DefaultEndpoint}. It comes from --endpoint-url, {ServiceVariable}, AWS_ENDPOINT_URL or the profile.");

    /// <summary>
    /// A profile that is asked for by option goes before the environment's keys; one that the environment names does not.
    /// </summary>
    private static SigningCredentials FindCredentials(ClientChoices choices, Func<string, string?> environment, Profiles profiles)
    {
        var fromEnvironment = choices.Profile is not null ? null : CredentialsOf(
            Set(environment, "AWS_ACCESS_KEY_ID"), Set(environment, "AWS_SECRET_ACCESS_KEY"), Set(environment, "AWS_SESSION_TOKEN"));
        return fromEnvironment
            ?? CredentialsOf(profiles.Find("aws_access_key_id"), profiles.Find("aws_secret_access_key"), profiles.Find("aws_session_token"))
            ?? throw new CommandException(
                ExitCode.Configuration, "There are no credentials to sign the request with.",
                $"Neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set, nor are there keys in {profiles}. " +
                "Set the two variables, or store the keys with 'aws configure'.");
    }

    /// <summary>Null unless both halves of the key are there.</summary>
    private static SigningCredentials? CredentialsOf(string? accessKeyId, string? secretAccessKey, string? sessionToken) =>
        accessKeyId is null || secretAccessKey is null
            ? null
            : new(accessKeyId, Sensitive.FromText(secretAccessKey), sessionToken is null ? null : Sensitive.FromText(sessionToken));
}

/// <summary>What the command line says of the server; null where it says nothing.</summary>
internal sealed record ClientChoices(string? EndpointUrl, string? Region, string? Profile);
