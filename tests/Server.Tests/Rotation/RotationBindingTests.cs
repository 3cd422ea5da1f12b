using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Native;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Rotation;

/// <summary>W11: whose power a rotation uses is decided by RotateSecret, not by who may write the value.</summary>
public sealed class RotationBindingTests : IAsyncDisposable
{
    private const string FunctionArn = "arn:aws:lambda:us-east-1:123456789012:function:SecretsManagerRDSMariaDBRotationSingleUser";
    private readonly Task<TestServer> _starting = TestServer.StartAsync(Cancel);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync() => await (await _starting).DisposeAsync();

    private static string Value(string? masterArn, string host = "127.0.0.1") => JsonSerializer.Serialize(
        new { engine = "mariadb", host, port = 1, username = "app", password = "p", masterarn = masterArn });

    private async Task<string> CreateAsync(string name, string value)
    {
        var answer = await (await _starting).CallAsync(
            "CreateSecret", new { Name = name, ClientRequestToken = NewToken(), SecretString = value }, Cancel);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Text("ARN");
    }

    private async Task PutAsync(string value) =>
        (await (await _starting).CallAsync(
            "PutSecretValue", new { SecretId = "db", ClientRequestToken = NewToken(), SecretString = value }, Cancel))
            .IsSuccess.ShouldBeTrue();

    private static string NewToken() => Guid.NewGuid().ToString();

    private async Task<Answer> EnableAsync(string secretId) => await (await _starting).CallAsync(
        "RotateSecret",
        new
        {
            SecretId = secretId,
            ClientRequestToken = NewToken(),
            RotationLambdaARN = FunctionArn,
            RotationRules = new { AutomaticallyAfterDays = 30 },
            RotateImmediately = false,
        },
        Cancel);

    private async Task<RotationConfiguration?> ConfigurationAsync(string arn) =>
        (await _starting).Services.GetRequiredService<IDatabase>().Read(session => RotationConfigurations.Find(session, arn));

    private async Task<RotationSubject> SubjectAsync(string arn)
    {
        var services = (await _starting).Services;
        var secret = services.GetRequiredService<IDatabase>().Read(session => SecretStore.FindByArn(session, arn))!;
        var function = services.GetRequiredService<RotationFunctions>().Find(FunctionArn)!;
        return services.GetRequiredService<RotationValueReader>().ReadSubject(function, secret, TlsMode.Verified).Subject;
    }

    [Fact]
    public async Task Enabling_BindsTheSuperuserOfTheValue()
    {
        var master = await CreateAsync("master", Value(null));
        var arn = await CreateAsync("db", Value(master));
        (await EnableAsync("db")).IsSuccess.ShouldBeTrue();
        (await ConfigurationAsync(arn))!.SuperuserArn.ShouldBe(master);
        (await SubjectAsync(arn)).Superuser!.Username.ShouldBe("app");
    }

    [Theory]
    [InlineData("master")]
    [InlineData("ARN without its suffix")]
    public async Task Superuser_MayBeNamedInEveryWayASecretCan(string how)
    {
        var master = await CreateAsync("master", Value(null));
        var arn = await CreateAsync("db", Value(how == "master" ? how : master[..^7]));
        (await EnableAsync("db")).IsSuccess.ShouldBeTrue();
        (await ConfigurationAsync(arn))!.SuperuserArn.ShouldBe(master);
        (await SubjectAsync(arn)).Superuser.ShouldNotBeNull();
    }

    [Fact]
    public async Task W11_ValueThatNamesAnotherSuperuserLater_IsRefused()
    {
        var master = await CreateAsync("master", Value(null));
        var other = await CreateAsync("other-teams-master", Value(null));
        var arn = await CreateAsync("db", Value(master));
        await EnableAsync("db");

        await PutAsync(Value(other));
        (await Should.ThrowAsync<RotatorException>(() => SubjectAsync(arn))).Message.ShouldContain("is not the superuser secret");
        (await ConfigurationAsync(arn))!.SuperuserArn.ShouldBe(master);
    }

    [Fact]
    public async Task W11_SuperuserThatTheCallerMayNotRead_IsNotBound()
    {
        var master = await CreateAsync("master", Value(null));
        var arn = await CreateAsync("db", Value(master));
        const string Policy =
            """
            {"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}}
            """;
        (await (await _starting).CallAsync("PutResourcePolicy", new { SecretId = "master", ResourcePolicy = Policy }, Cancel))
            .IsSuccess.ShouldBeTrue();
        var refused = await EnableAsync("db");
        refused.ErrorCode.ShouldBe("AccessDeniedException");
        (await ConfigurationAsync(arn)).ShouldBeNull();
        (await (await _starting).CallAsync("DescribeSecret", new { SecretId = "db" }, Cancel)).Json["RotationEnabled"].ShouldBeNull();
    }

    [Fact]
    public async Task SuperuserThatDoesNotExist_IsNotFound()
    {
        await CreateAsync("db", Value("nowhere"));
        (await EnableAsync("db")).ErrorCode.ShouldBe("ResourceNotFoundException");
    }

    [Fact]
    public async Task SecretAsItsOwnSuperuser_IsRefused()
    {
        await CreateAsync("db", Value("db"));
        var refused = await EnableAsync("db");
        refused.ErrorCode.ShouldBe("InvalidRequestException");
        refused.Body.ShouldContain("names the secret itself");
    }

    [Fact]
    public async Task DeletedSuperuser_IsNamed()
    {
        var master = await CreateAsync("master", Value(null));
        var arn = await CreateAsync("db", Value(master));
        await EnableAsync("db");
        await (await _starting).CallAsync("DeleteSecret", new { SecretId = "master" }, Cancel);
        (await Should.ThrowAsync<RotatorException>(() => SubjectAsync(arn))).Message.ShouldContain("is deleted");
    }

    [Fact]
    public async Task W11_Pin_OutlivesNewValuesAndFallsWithRotateSecret()
    {
        var arn = await CreateAsync("db", Value(null));
        await EnableAsync("db");
        var database = (await _starting).Services.GetRequiredService<IDatabase>();
        var pin = new PinnedTarget("server-1", "127.0.0.1", 1, "app");
        await database.WriteAsync(
            session =>
            {
                RotationConfigurations.Write(session, RotationConfigurations.Of(session, arn) with { Pin = pin });
                return true;
            },
            Cancel);
        await PutAsync(Value(null, "evil.example"));
        (await SubjectAsync(arn)).Pin.ShouldBe(pin);

        (await EnableAsync("db")).IsSuccess.ShouldBeTrue();
        (await ConfigurationAsync(arn))!.Pin.ShouldBeNull();
    }

    [Fact]
    public async Task Settings_AreStoredAsTheyAre()
    {
        var database = (await _starting).Services.GetRequiredService<IDatabase>();
        var settings = new RotationSettings
        {
            GrantSync = GrantSync.AddOnly,
            Overlap = OverlapMode.Require,
            Grace = TimeSpan.FromMinutes(90),
            Users = new UserNames("a", "b"),
            PostgresClone = PostgresCloneMode.OwnerRole,
            OwnerRole = "owner",
            Verifier = VerifierMode.Plain,
            OldSessions = OldSessions.EndAfterGrace,
            Passwords = new Dictionary<string, string> { ["EXCLUDE_CHARACTERS"] = "\"'\\" },
            Heartbeat = TimeSpan.FromHours(6),
        };
        await database.WriteAsync(
            session =>
            {
                RotationConfigurations.Write(session, new RotationConfiguration { SecretArn = "arn", Settings = settings });
                return true;
            },
            Cancel);
        var read = (await ConfigurationAsync("arn"))!.Settings;
        read.Passwords.ShouldBe(settings.Passwords);
        (read with { Passwords = settings.Passwords }).ShouldBe(settings);
    }
}
