using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.Rotation.Native;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Rotation.Upkeep;
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

    private async Task<Answer> EnableAsync(string secretId, string functionArn = FunctionArn) => await (await _starting).CallAsync(
        "RotateSecret",
        new
        {
            SecretId = secretId,
            ClientRequestToken = NewToken(),
            RotationLambdaARN = functionArn,
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
        refused.ErrorMessage.ShouldStartWith("The masterarn in the secret's value: User: ");
        (await ConfigurationAsync(arn)).ShouldBeNull();
        (await (await _starting).CallAsync("DescribeSecret", new { SecretId = "db" }, Cancel)).Json["RotationEnabled"].ShouldBeNull();
    }

    // Without the key's name the caller would look for what is wrong with the secret that the call names.
    [Theory]
    [InlineData("nowhere", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")]
    [InlineData(
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:nowhere-AbCdEf", "ResourceNotFoundException", "Secrets Manager can't")]
    [InlineData("arn:aws:secretsmanager:us-east-1:123456789012:nowhere", "ValidationException", "Invalid name.")]
    [InlineData("not a name", "ValidationException", "Invalid name.")]
    [InlineData("deleted", "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")]
    public async Task SuperuserThatCannotBe_IsRefused_NamingTheKey(string named, string code, string text)
    {
        await CreateAsync("deleted", Value(null));
        await (await _starting).CallAsync("DeleteSecret", new { SecretId = "deleted" }, Cancel);
        await CreateAsync("db", Value(named));
        var refused = await EnableAsync("db");
        refused.ErrorCode.ShouldBe(code);
        refused.ErrorMessage.ShouldStartWith($"The masterarn in the secret's value: {text}");
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
        (await Should.ThrowAsync<RotatorException>(() => SubjectAsync(arn))).Message
            .ShouldBe($"The superuser secret (masterarn) {master} is deleted.");
    }

    [Fact]
    public async Task FaultOfTheSuperusersValue_IsNotTakenForTheSecretsOwn()
    {
        var master = await CreateAsync("master", Value(null).Replace("mariadb", "postgres", StringComparison.Ordinal));
        var arn = await CreateAsync("db", Value(master));
        await EnableAsync("db");
        var fault = await Should.ThrowAsync<RotatorException>(() => SubjectAsync(arn));
        fault.Message.ShouldStartWith($"The superuser secret (masterarn) {master}: Database engine must be set to");
        fault.SecretKey.ShouldBe("masterarn");
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

    private async Task PinAsync(string arn, PinnedTarget pin) =>
        await (await _starting).Services.GetRequiredService<IDatabase>().WriteAsync(
            session =>
            {
                RotationConfigurations.Write(session, RotationConfigurations.Of(session, arn) with { Pin = pin });
                return true;
            },
            Cancel);

    private async Task UntilIdleAsync(string arn)
    {
        var database = (await _starting).Services.GetRequiredService<IDatabase>();
        while (database.Read(session => RotationRows.Find(session, arn)) is not null)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
    }

    // Terraform names the function at every apply that changes anything about the rotation.
    [Theory]
    [InlineData("nothing", true)]
    [InlineData("password", true)]
    [InlineData("letter case of the host", true)]
    [InlineData("host", false)]
    [InlineData("user", false)]
    [InlineData("superuser", false)]
    [InlineData("function", false)]
    [InlineData("switched off in between", false)]
    public async Task FunctionNamedAgain_EnablesAnew_OnlyWhenSomethingElseIsMeant(string changed, bool isKept)
    {
        var master = await CreateAsync("master", Value(null));
        var other = await CreateAsync("other-master", Value(null));
        var arn = await CreateAsync("db", Value(master, "localhost"));
        (await EnableAsync("db")).IsSuccess.ShouldBeTrue();
        await UntilIdleAsync(arn);
        var pin = new PinnedTarget("server-1", "localhost", 1, "app");
        await PinAsync(arn, pin);
        var function = changed == "function" ? FunctionArn.Replace("MariaDB", "MySQL") : FunctionArn;
        var value = changed switch
        {
            "password" => Value(master, "localhost").Replace("\"p\"", "\"changed\""),
            "letter case of the host" => Value(master, "LOCALHOST"),
            "host" => Value(master, "127.0.0.1"),
            "user" => Value(master, "localhost").Replace("\"app\"", "\"payroll\""),
            "superuser" => Value(other, "localhost"),
            _ => null,
        };
        if (value is not null) await PutAsync(value);
        if (changed == "switched off in between")
            (await (await _starting).CallAsync("CancelRotateSecret", new { SecretId = "db" }, Cancel)).IsSuccess.ShouldBeTrue();

        (await EnableAsync("db", function)).IsSuccess.ShouldBeTrue();
        var configuration = (await ConfigurationAsync(arn))!;
        configuration.Pin.ShouldBe(isKept ? pin : null);
        configuration.SuperuserArn.ShouldBe(changed == "superuser" ? other : master);
    }

    [Fact]
    public async Task W11_FunctionNamedAgain_WithASuperuserThatTheCallerMayNotRead_IsRefused()
    {
        var master = await CreateAsync("master", Value(null));
        var other = await CreateAsync("other-teams-master", Value(null));
        var arn = await CreateAsync("db", Value(master));
        await EnableAsync("db");
        await PutAsync(Value(other));
        const string Policy =
            """
            {"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}}
            """;
        (await (await _starting).CallAsync("PutResourcePolicy", new { SecretId = "other-teams-master", ResourcePolicy = Policy }, Cancel))
            .IsSuccess.ShouldBeTrue();
        (await EnableAsync("db")).ErrorCode.ShouldBe("AccessDeniedException");
        (await ConfigurationAsync(arn))!.SuperuserArn.ShouldBe(master);
    }

    // Nobody may find out from a kept binding that its superuser is gone only when the rotation fails.
    [Fact]
    public async Task FunctionNamedAgain_WhenTheSuperuserIsDeleted_IsRefused()
    {
        var master = await CreateAsync("master", Value(null));
        var arn = await CreateAsync("db", Value(master));
        await EnableAsync("db");
        await UntilIdleAsync(arn);
        await (await _starting).CallAsync("DeleteSecret", new { SecretId = "master" }, Cancel);
        (await EnableAsync("db")).ErrorCode.ShouldBe("InvalidRequestException");
    }

    // With the pin forgotten the pair would be one whose rights nobody has said belong together.
    [Fact]
    public async Task FunctionNamedAgain_WhileTheCloneIsCurrent_GoesOnWithThePair()
    {
        await using var scene = await UpkeepScene.StartAsync(Cancel);
        await scene.BindSuperuserAsync(Cancel);
        await scene.RotateAsync(Cancel, function: UpkeepScene.Pair);
        scene.Target["app"].Rights.Add("SELECT");
        await scene.RotateAsync(Cancel, UpkeepScene.NextToken, UpkeepScene.Pair);
        scene.Target["app_clone"].Rights.ShouldBe(["SELECT"]);
        scene.Count(RotationEventName.StepFailed).ShouldBe(0);
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
