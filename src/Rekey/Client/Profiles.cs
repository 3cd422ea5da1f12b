namespace Rekey.Cli.Client;

/// <summary>One profile, as the credentials file and the config file describe it together.</summary>
internal sealed class Profiles
{
    private readonly string _name;
    private readonly string _credentialsPath;
    private readonly string _configPath;
    private readonly SharedConfigFile _credentials;
    private readonly SharedConfigFile _config;

    private Profiles(string name, string credentialsPath, string configPath)
    {
        _name = name;
        (_credentialsPath, _configPath) = (credentialsPath, configPath);
        (_credentials, _config) = (Read(credentialsPath), Read(configPath));
    }

    /// <summary>Throws <see cref="CommandException"/> when a profile is named that neither file has.</summary>
    public static Profiles Load(string? chosen, Func<string, string?> environment)
    {
        var named = chosen ?? ClientSettings.Set(environment, "AWS_PROFILE") ?? ClientSettings.Set(environment, "AWS_DEFAULT_PROFILE");
        var folder = Path.Combine(ClientSettings.Set(environment, "HOME") ?? "", ".aws");
        var profiles = new Profiles(
            named ?? "default",
            ClientSettings.Set(environment, "AWS_SHARED_CREDENTIALS_FILE") ?? Path.Combine(folder, "credentials"),
            ClientSettings.Set(environment, "AWS_CONFIG_FILE") ?? Path.Combine(folder, "config"));
        if (named is null || profiles._credentials.Has(named) || profiles._config.Has(profiles.ConfigSection)) return profiles;
        throw new CommandException(
            ExitCode.Configuration, $"There is no profile '{named}'.",
            $"Neither {profiles._credentialsPath} nor {profiles._configPath} has it. Name another with --profile or AWS_PROFILE.");
    }

    /// <summary>The credentials file goes first, as in the SDKs.</summary>
    public string? Find(string key) => _credentials.Find(_name, key) ?? _config.Find(ConfigSection, key);

    /// <summary>A setting of the <c>[services NAME]</c> section that the profile refers to.</summary>
    public string? FindForService(string key) => Find("services") is { } services ? _config.Find($"services {services}", key) : null;

    public override string ToString() => $"profile '{_name}' of {_credentialsPath} and {_configPath}";

    /// <summary>In the config file each profile but the default one is introduced by the word profile.</summary>
    private string ConfigSection => _name == "default" && !_config.Has("profile default") ? "default" : $"profile {_name}";

    private static SharedConfigFile Read(string path)
    {
        try
        {
            return SharedConfigFile.Load(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Configuration, $"{path} cannot be read.", error.Message);
        }
    }
}
