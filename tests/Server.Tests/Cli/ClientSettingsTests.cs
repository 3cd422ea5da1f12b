using Rekey.Cli;
using Rekey.Cli.Client;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Cli;

/// <summary>Each setting is found where the AWS CLI finds it, in the same order.</summary>
public sealed class ClientSettingsTests : IDisposable
{
    private static readonly ClientChoices NoChoice = new(null, null, null);

    private readonly string _home = Directory.CreateTempSubdirectory("rekey-cli-").FullName;
    private readonly Dictionary<string, string> _environment = [];

    public ClientSettingsTests()
    {
        _environment["HOME"] = _home;
        Directory.CreateDirectory(Path.Combine(_home, ".aws"));
        File.WriteAllText(Path.Combine(_home, ".aws", "credentials"), """
            [default]
            aws_access_key_id = DEFAULTKEY
            aws_secret_access_key = default-half
            [ops]
            aws_access_key_id = OPSKEY
            aws_secret_access_key = ops-half
            aws_session_token = ops-token
            """);
        File.WriteAllText(Path.Combine(_home, ".aws", "config"), """
            [default]
            region = eu-north-1
            [profile ops]
            region = eu-south-1
            endpoint_url = http://10.0.0.1:1
            [profile local]
            services = rekey
            endpoint_url = http://10.0.0.1:1
            aws_access_key_id = LOCALKEY
            aws_secret_access_key = local-half
            [services rekey]
            secrets_manager =
              endpoint_url = http://10.0.0.2:2
            """);
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void NothingSaid_IsTheLocalServerAndTheDefaultProfile()
    {
        var settings = Resolve(NoChoice);
        settings.Endpoint.ShouldBe(new Uri("http://127.0.0.1:7353"));
        settings.Region.ShouldBe("eu-north-1");
        settings.Credentials.AccessKeyId.ShouldBe("DEFAULTKEY");
        settings.Credentials.SecretAccessKey.RevealText().ShouldBe("default-half");
        settings.Credentials.SessionToken.ShouldBeNull();
    }

    [Theory]
    [InlineData("--endpoint-url", "http://option/")]
    [InlineData("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://service/")]
    [InlineData("AWS_ENDPOINT_URL", "http://all/")]
    [InlineData("services", "http://10.0.0.2:2/")]
    [InlineData("profile", "http://10.0.0.1:1/")]
    public void Endpoint_ComesFromTheFirstThatHasOne(string first, string expected)
    {
        var order = new[] { "--endpoint-url", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL", "services", "profile" };
        var present = order[Array.IndexOf(order, first)..];
        if (present.Contains("AWS_ENDPOINT_URL_SECRETS_MANAGER")) _environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = "http://service/";
        if (present.Contains("AWS_ENDPOINT_URL")) _environment["AWS_ENDPOINT_URL"] = "http://all/";
        _environment["AWS_PROFILE"] = present.Contains("services") ? "local" : "ops";
        Resolve(NoChoice with { EndpointUrl = first == "--endpoint-url" ? "http://option/" : null }).Endpoint.ShouldBe(new Uri(expected));
    }

    [Fact]
    public void Region_ComesFromTheFirstThatHasOne()
    {
        _environment["AWS_DEFAULT_REGION"] = "second";
        Resolve(NoChoice).Region.ShouldBe("second");
        _environment["AWS_REGION"] = "first";
        Resolve(NoChoice).Region.ShouldBe("first");
        Resolve(NoChoice with { Region = "option" }).Region.ShouldBe("option");
        _environment.Clear();
        _environment["AWS_ACCESS_KEY_ID"] = "K";
        _environment["AWS_SECRET_ACCESS_KEY"] = "S";
        Resolve(NoChoice).Region.ShouldBe("us-east-1");
    }

    [Fact]
    public void EnvironmentKeys_GoBeforeANamedProfile_ButNotBeforeAnAskedForOne()
    {
        _environment["AWS_ACCESS_KEY_ID"] = "ENVKEY";
        _environment["AWS_SECRET_ACCESS_KEY"] = "env-half";
        _environment["AWS_PROFILE"] = "ops";
        Resolve(NoChoice).Credentials.AccessKeyId.ShouldBe("ENVKEY");
        var asked = Resolve(NoChoice with { Profile = "ops" });
        asked.Credentials.AccessKeyId.ShouldBe("OPSKEY");
        asked.Credentials.SessionToken!.RevealText().ShouldBe("ops-token");
        asked.Region.ShouldBe("eu-south-1");
    }

    [Fact]
    public void HalfAKeyInTheEnvironment_IsNone()
    {
        _environment["AWS_ACCESS_KEY_ID"] = "ENVKEY";
        _environment["AWS_SECRET_ACCESS_KEY"] = "";
        Resolve(NoChoice).Credentials.AccessKeyId.ShouldBe("DEFAULTKEY");
    }

    [Fact]
    public void Files_MayLieElsewhere()
    {
        var elsewhere = Path.Combine(_home, "keys");
        File.WriteAllText(elsewhere, "[default]\naws_access_key_id = ELSEWHERE\naws_secret_access_key = half\n");
        _environment["AWS_SHARED_CREDENTIALS_FILE"] = elsewhere;
        Resolve(NoChoice).Credentials.AccessKeyId.ShouldBe("ELSEWHERE");
    }

    [Theory]
    [InlineData("ftp://host/")]
    [InlineData("host:7353")]
    [InlineData("http://user:pw@host/")]
    [InlineData("")]
    public void UnusableEndpoint_IsAConfigurationError(string url)
    {
        var error = Should.Throw<CommandException>(() => Resolve(NoChoice with { EndpointUrl = url }));
        error.Status.ShouldBe(ExitCode.Configuration);
        $"{error.Message}{error.Advice}".ShouldNotContain("pw@");
    }

    [Fact]
    public void NoCredentials_IsAConfigurationError()
    {
        _environment["HOME"] = Path.Combine(_home, "empty");
        Should.Throw<CommandException>(() => Resolve(NoChoice)).Status.ShouldBe(ExitCode.Configuration);
    }

    [Fact]
    public void UnknownProfile_IsAConfigurationError() =>
        Should.Throw<CommandException>(() => Resolve(NoChoice with { Profile = "nobody" })).Message.ShouldContain("'nobody'");

    private ClientSettings Resolve(ClientChoices choices) => ClientSettings.Resolve(choices, name => _environment.GetValueOrDefault(name));
}
