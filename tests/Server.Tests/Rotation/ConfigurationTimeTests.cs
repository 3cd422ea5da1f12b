using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Rotators;
using Rekey.Server.Settings;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>What is found out when rotation is configured, and not when one is due.</summary>
public sealed class ConfigurationTimeTests
{
    private const string Prefix = "arn:aws:lambda:us-east-1:123456789012:function:";
    private const string MariaDb = "SecretsManagerRDSMariaDBRotationSingleUser";
    private const string Good = """{"engine":"mariadb","host":"db","username":"u","password":"canary-1"}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("plain text", "$: The secret value is not valid JSON")]
    [InlineData("""{"host":"db","username":"u","password":"canary-1"}""", "$.engine: Database engine must be set to 'mariadb'")]
    [InlineData("""{"engine":"mariadb","username":"u","password":"canary-1"}""", "$.host: host key is missing from secret JSON")]
    [InlineData("""{"engine":"mariadb","host":"a b","username":"u","password":"canary-1"}""", "$.host: host is not a host name")]
    [InlineData("""{"engine":"mariadb","host":"db","username":5,"password":"canary-1"}""", "$.username: username must be a string")]
    [InlineData("""{"engine":"mariadb","host":"db","username":"u","password":"","x":"canary-1"}""", "$.password: password is empty")]
    [InlineData("""{"engine":"mariadb","host":"db","username":"u","password":"canary-1","port":"x"}""", "$.port: port must be a number")]
    public async Task W28_ValueThatCannotBeRotated_IsNamedByItsKeyWhenRotationIsConfigured(string value, string expected)
    {
        await using var scene = await StartAsync(demand: true);
        await CreateAsync(scene, "bad", value);
        var answer = await RotateAsync(scene, "bad");
        answer.ErrorCode.ShouldBe("InvalidParameterException");
        answer.ErrorMessage!.ShouldContain(expected);
        answer.ErrorMessage!.ShouldNotContain("canary");
        var described = await scene.OkAsync("DescribeSecret", new { SecretId = "bad" }, Cancel);
        described["RotationLambdaARN"].ShouldBeNull();
    }

    [Fact]
    public async Task W28_ValueThatCanBeRotated_IsTaken()
    {
        await using var scene = await StartAsync(demand: true);
        await CreateAsync(scene, "good", Good);
        (await RotateAsync(scene, "good")).IsSuccess.ShouldBeTrue();
        await scene.OkAsync("CreateSecret", new { Name = "empty", ClientRequestToken = RotationScene.FirstVersion }, Cancel);
        (await RotateAsync(scene, "empty")).IsSuccess.ShouldBeTrue();
    }

    /// <summary>As on AWS, unless the operator asks for more.</summary>
    [Fact]
    public async Task W28_WithoutTheSetting_AnyValueIsTaken()
    {
        await using var scene = await StartAsync(demand: false);
        await CreateAsync(scene, "bad", "plain text");
        (await RotateAsync(scene, "bad")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task MissingDriver_IsNamedWithItsPackage()
    {
        IReadOnlyCollection<RotatorTemplate> templates =
        [
            RotatorCatalogue.Find(MariaDb)! with { MissingDriver = _ => "install the Debian package odbc-mariadb" },
        ];
        await using var scene = await RotationScene.StartAsync(
            Cancel, new TestServerOptions { Services = services => services.AddSingleton(templates) });
        var answer = await RotateAsync(scene, "db");
        answer.ErrorCode.ShouldBe("InvalidRequestException");
        answer.ErrorMessage.ShouldBe(
            $"The rotation function {MariaDb} can't run on this server: install the Debian package odbc-mariadb");
        (await scene.DescribeAsync(Cancel))["RotationEnabled"].ShouldBeNull();
    }

    [Theory]
    [InlineData($"{MariaDb}:PASSWORD_LENGTH", "40", null)]
    [InlineData($"{MariaDb}:PASSWORD_LENGTH", "0", "PASSWORD_LENGTH must be from 1 to 4096")]
    [InlineData($"{MariaDb}:PASSWORD_SIZE", "40", "PASSWORD_SIZE is not known")]
    [InlineData($"{MariaDb}:PASSWORD_FIRST_CHAR_CLASS", "letter", null)]
    [InlineData($"{MariaDb}:PASSWORD_FIRST_CHAR_CLASS", "digit", "PASSWORD_FIRST_CHAR_CLASS must be letter or any")]
    [InlineData("NoSuchFunction:PASSWORD_LENGTH", "40", "no rotation function has that name")]
    public async Task PasswordSettingsOfAFunction_AreCheckedAtStart(string key, string value, string? fault)
    {
        var options = new TestServerOptions
        {
            Settings = new Dictionary<string, string?> { [$"Rekey:Rotation:Functions:{key}"] = value },
        };
        if (fault is null)
        {
            await using var server = await TestServer.StartAsync(options, Cancel);
            return;
        }
        var refusal = await Should.ThrowAsync<SettingsException>(() => TestServer.StartAsync(options, Cancel));
        refusal.Faults.ShouldHaveSingleItem().ShouldContain(fault);
    }

    private static Task<RotationScene> StartAsync(bool demand) => RotationScene.StartAsync(Cancel, new TestServerOptions
    {
        Settings = new Dictionary<string, string?> { ["Rekey:Rotation:DemandUsableValue"] = demand.ToString() },
    });

    private static Task<JsonNode> CreateAsync(RotationScene scene, string name, string value) => scene.OkAsync(
        "CreateSecret", new { Name = name, ClientRequestToken = RotationScene.FirstVersion, SecretString = value }, Cancel);

    private static Task<Answer> RotateAsync(RotationScene scene, string secret) => scene.Server.CallAsync(
        "RotateSecret",
        new
        {
            SecretId = secret,
            ClientRequestToken = RotationScene.Token,
            RotationLambdaARN = Prefix + MariaDb,
            RotateImmediately = false,
        },
        Cancel);
}
