using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Clients;

/// <summary>The AWS CLI, unmodified, with an endpoint URL and nothing else.</summary>
public sealed class AwsCliTests(ClientSession session) : IClassFixture<ClientSession>
{
    private const string Rules = """{"ScheduleExpression":"cron(0 16 1,15 * ? *)","Duration":"2h"}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Clis => [.. AwsCli.Installed.Select(cli => cli.Version).DefaultIfEmpty("none")];

    /// <summary>One of them, for what the versions do alike.</summary>
    public static TheoryData<string> AnyCli => [Clis.First()];

    [Theory]
    [MemberData(nameof(Clis))]
    public async Task Tutorial(string version)
    {
        var aws = Cli(version);
        var first = await session.CreateAccountAsync(Cancel);
        var name = $"tutorial/{version}";
        var file = session.WriteFile("secret.json", Encoding.UTF8.GetBytes(first.ToJsonString()));
        var created = await aws.CallAsync("secretsmanager create-secret", Cancel, "--name", name, "--secret-string", $"file://{file}");
        created["Name"]!.GetValue<string>().ShouldBe(name);
        var firstVersion = created["VersionId"]!.GetValue<string>();

        var rotated = await aws.CallAsync("secretsmanager rotate-secret", Cancel,
            "--secret-id", name, "--rotation-lambda-arn", ClientSession.FunctionArn, "--rotation-rules", Rules);
        rotated["ARN"]!.GetValue<string>().ShouldBe(created["ARN"]!.GetValue<string>());
        var secondVersion = rotated["VersionId"]!.GetValue<string>();

        var described = await UntilRotatedAsync(aws, name);
        described["RotationEnabled"]!.GetValue<bool>().ShouldBeTrue();
        described["RotationLambdaARN"]!.GetValue<string>().ShouldBe(ClientSession.FunctionArn);
        described["RotationRules"]!["ScheduleExpression"]!.GetValue<string>().ShouldBe("cron(0 16 1,15 * ? *)");
        described["RotationRules"]!["Duration"]!.GetValue<string>().ShouldBe("2h");
        TimeOf(described["NextRotationDate"]!).ShouldBe(LastSecondOfTheNextWindow(TimeOf(described["LastRotatedDate"]!)));
        var labels = new JsonObject { [firstVersion] = new JsonArray("AWSPREVIOUS"), [secondVersion] = new JsonArray("AWSCURRENT") };
        JsonNode.DeepEquals(described["VersionIdsToStages"], labels).ShouldBeTrue(described.ToJsonString());

        var second = await ValueAsync(aws, name);
        second["password"]!.GetValue<string>().ShouldNotBe(first["password"]!.GetValue<string>());
        second["owner"]!.GetValue<string>().ShouldBe("payments");
        (await session.LogsInAsync(second, Cancel)).ShouldBeTrue();
        (await session.LogsInAsync(first, Cancel)).ShouldBeFalse();
        JsonNode.DeepEquals(await ValueAsync(aws, name, "--version-stage", "AWSPREVIOUS"), first).ShouldBeTrue();
        JsonNode.DeepEquals(await ValueAsync(aws, name, "--version-id", firstVersion), first).ShouldBeTrue();

        var versions = await aws.CallAsync("secretsmanager list-secret-version-ids", Cancel, "--secret-id", name);
        versions["Versions"]!.AsArray().Select(one => one!["VersionId"]!.GetValue<string>())
            .ShouldBe([firstVersion, secondVersion], ignoreOrder: true);

        await DeleteAndRestoreAsync(aws, name, second);
    }

    private static async Task DeleteAndRestoreAsync(AwsCli aws, string name, JsonNode value)
    {
        var before = TimeProvider.System.GetUtcNow();
        var deleted = await aws.CallAsync("secretsmanager delete-secret", Cancel, "--secret-id", name, "--recovery-window-in-days", "7");
        TimeOf(deleted["DeletionDate"]!).ShouldBe(before.AddDays(7), TimeSpan.FromMinutes(1));
        (await aws.FailAsync("secretsmanager get-secret-value", Cancel, "--secret-id", name)).ShouldContain(
            "An error occurred (InvalidRequestException) when calling the GetSecretValue operation: " +
            "You can't perform this operation on the secret because it was marked for deletion.");
        (await aws.CallAsync("secretsmanager describe-secret", Cancel, "--secret-id", name))["DeletedDate"].ShouldNotBeNull();

        (await aws.CallAsync("secretsmanager restore-secret", Cancel, "--secret-id", name))["Name"]!.GetValue<string>().ShouldBe(name);
        JsonNode.DeepEquals(await ValueAsync(aws, name), value).ShouldBeTrue();
        (await aws.CallAsync("secretsmanager describe-secret", Cancel, "--secret-id", name))["DeletedDate"].ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(AnyCli))]
    public async Task RotationWithoutRotatingNow_OnlyTests(string version)
    {
        var aws = Cli(version);
        var value = await session.CreateAccountAsync(Cancel);
        var name = $"later/{version}";
        var file = session.WriteFile("later.json", Encoding.UTF8.GetBytes(value.ToJsonString()));
        await aws.CallAsync("secretsmanager create-secret", Cancel, "--name", name, "--secret-string", $"file://{file}");
        await aws.CallAsync("secretsmanager rotate-secret", Cancel, "--secret-id", name, "--no-rotate-immediately",
            "--rotation-lambda-arn", ClientSession.FunctionArn, "--rotation-rules", Rules);
        JsonNode described;
        do described = await aws.CallAsync("secretsmanager describe-secret", Cancel, "--secret-id", name);
        while (described["VersionIdsToStages"]!.AsObject().Count > 1);
        described["LastRotatedDate"].ShouldBeNull();
        described["NextRotationDate"].ShouldNotBeNull();
        JsonNode.DeepEquals(await ValueAsync(aws, name), value).ShouldBeTrue();
        (await session.LogsInAsync(value, Cancel)).ShouldBeTrue();

        var cancelled = await aws.CallAsync("secretsmanager cancel-rotate-secret", Cancel, "--secret-id", name);
        cancelled["VersionId"].ShouldBeNull();
        described = await aws.CallAsync("secretsmanager describe-secret", Cancel, "--secret-id", name);
        described["RotationEnabled"]!.GetValue<bool>().ShouldBeFalse();
        described["NextRotationDate"].ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(AnyCli))]
    public async Task ValuesAndLabels(string version)
    {
        var aws = Cli(version);
        var name = $"values/{version}";
        byte[] binary = [0, 1, 254, 255, 10];
        var file = session.WriteFile("value.bin", binary);
        var created = await aws.CallAsync("secretsmanager create-secret", Cancel,
            "--name", name, "--description", "größer als ASCII", "--secret-binary", $"fileb://{file}");
        (await aws.CallAsync("secretsmanager get-secret-value", Cancel, "--secret-id", name))["SecretBinary"]!
            .GetValue<string>().ShouldBe(Convert.ToBase64String(binary));

        file = session.WriteFile("value.txt", "second ✓"u8);
        var put = await aws.CallAsync("secretsmanager put-secret-value", Cancel,
            "--secret-id", name, "--secret-string", $"file://{file}", "--version-stages", "NEXT");
        (await TextAsync(aws, name, "--version-stage", "NEXT")).ShouldBe("second ✓");
        await aws.CallAsync("secretsmanager update-secret-version-stage", Cancel, "--secret-id", name, "--version-stage", "AWSCURRENT",
            "--move-to-version-id", put["VersionId"]!.GetValue<string>(),
            "--remove-from-version-id", created["VersionId"]!.GetValue<string>());
        (await TextAsync(aws, name)).ShouldBe("second ✓");

        file = session.WriteFile("value.txt", "third"u8);
        await aws.CallAsync("secretsmanager update-secret", Cancel, "--secret-id", name, "--secret-string", $"file://{file}");
        (await TextAsync(aws, created["ARN"]!.GetValue<string>())).ShouldBe("third");
        var described = await aws.CallAsync("secretsmanager describe-secret", Cancel, "--secret-id", name);
        described["Description"]!.GetValue<string>().ShouldBe("größer als ASCII");
    }

    [Theory]
    [MemberData(nameof(AnyCli))]
    public async Task TagsFiltersAndPages(string version)
    {
        var aws = Cli(version);
        var prefix = $"pages/{version}/";
        for (var number = 1; number <= 5; number++)
            await aws.CallAsync("secretsmanager create-secret", Cancel, "--name", prefix + number, "--tags", "Key=team,Value=a");
        await aws.CallAsync("secretsmanager tag-resource", Cancel, "--secret-id", prefix + "3", "--tags", "Key=odd one,Value=ü");
        await aws.CallAsync("secretsmanager untag-resource", Cancel, "--secret-id", prefix + "3", "--tag-keys", "team");
        (await aws.CallAsync("secretsmanager describe-secret", Cancel, "--secret-id", prefix + "3"))["Tags"]!.ToJsonString()
            .ShouldBe(JsonNode.Parse("""[{"Key":"odd one","Value":"ü"}]""")!.ToJsonString());

        (await NamesAsync("--page-size", "2")).Order().ShouldBe([prefix + "1", prefix + "2", prefix + "3", prefix + "4", prefix + "5"]);
        var page = await aws.CallAsync("secretsmanager list-secrets", Cancel, "--filters", $"Key=name,Values={prefix}", "--max-items", "3");
        page["SecretList"]!.AsArray().Count.ShouldBe(3);
        (await NamesAsync("--starting-token", page["NextToken"]!.GetValue<string>())).Count.ShouldBe(2);
        var tagged = await aws.CallAsync("secretsmanager list-secrets", Cancel,
            "--filters", $"Key=name,Values={prefix}", "Key=tag-key,Values=team");
        tagged["SecretList"]!.AsArray().Count.ShouldBe(4);

        async Task<List<string>> NamesAsync(params string[] arguments)
        {
            var list = await aws.CallAsync("secretsmanager list-secrets", Cancel, ["--filters", $"Key=name,Values={prefix}", .. arguments]);
            return [.. list["SecretList"]!.AsArray().Select(secret => secret!["Name"]!.GetValue<string>())];
        }
    }

    [Theory]
    [MemberData(nameof(Clis))]
    public async Task CallerAndRandomPassword(string version)
    {
        var aws = Cli(version);
        var identity = await aws.CallAsync("sts get-caller-identity", Cancel);
        identity["Account"]!.GetValue<string>().ShouldBe("123456789012");
        identity["Arn"]!.GetValue<string>().ShouldBe("arn:aws:iam::123456789012:root");
        var answer = await aws.CallAsync("secretsmanager get-random-password", Cancel,
            "--password-length", "40", "--exclude-characters", "/@\"'\\", "--require-each-included-type");
        var password = answer["RandomPassword"]!.GetValue<string>();
        password.Length.ShouldBe(40);
        password.IndexOfAny(['/', '@', '"', '\'', '\\']).ShouldBe(-1);
    }

    [Theory]
    [MemberData(nameof(Clis))]
    public async Task Refusals(string version)
    {
        var aws = Cli(version);
        var name = $"refused/{version}";
        await aws.CallAsync("secretsmanager create-secret", Cancel, "--name", name);
        (string Command, string[] Arguments, string Text)[] cases =
        [
            ("describe-secret", ["--secret-id", "absent"],
                "(ResourceNotFoundException) when calling the DescribeSecret operation: Secrets Manager can't find the specified secret."),
            ("get-secret-value", ["--secret-id", name],
                "(ResourceNotFoundException) when calling the GetSecretValue operation: " +
                "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"),
            ("create-secret", ["--name", name],
                "(ResourceExistsException) when calling the CreateSecret operation: " +
                $"The operation failed because the secret {name} already exists."),
            ("create-secret", ["--name", "what?"], "(ValidationException) when calling the CreateSecret operation: Invalid name."),
            ("rotate-secret", ["--secret-id", name],
                "(InvalidRequestException) when calling the RotateSecret operation: " +
                "No Lambda rotation function ARN is associated with this secret."),
            ("rotate-secret", ["--secret-id", name, "--rotation-lambda-arn", ClientSession.FunctionArn + "Nonsense"],
                "(AccessDeniedException) when calling the RotateSecret operation: " +
                "Secrets Manager cannot invoke the specified Lambda function."),
            ("get-random-password", ["--password-length", "5000"], "(ValidationException) when calling the GetRandomPassword operation: "),
            ("delete-secret", ["--secret-id", name, "--recovery-window-in-days", "6"],
                "(InvalidParameterException) when calling the DeleteSecret operation: "),
        ];
        foreach (var (command, arguments, text) in cases)
            (await aws.FailAsync($"secretsmanager {command}", Cancel, arguments)).ShouldContain("An error occurred " + text);
    }

    [Theory]
    [MemberData(nameof(Clis))]
    public async Task WrongKeys(string version)
    {
        var aws = Cli(version);
        aws.Environment["AWS_SECRET_ACCESS_KEY"] = "wrong";
        (await aws.FailAsync("secretsmanager list-secrets", Cancel)).ShouldContain("(InvalidSignatureException)");
        (await aws.FailAsync("sts get-caller-identity", Cancel)).ShouldContain("(SignatureDoesNotMatch)");
        aws.Environment["AWS_ACCESS_KEY_ID"] = "AKIANOBODYKNOWSTHIS0";
        (await aws.FailAsync("secretsmanager list-secrets", Cancel)).ShouldContain("(UnrecognizedClientException)");
        (await aws.FailAsync("sts get-caller-identity", Cancel)).ShouldContain("(InvalidClientTokenId)");
    }

    private AwsCli Cli(string version)
    {
        Assert.SkipWhen(AwsCli.Installed.Count == 0, "no AWS CLI is installed (eng/install --tests)");
        return new AwsCli(AwsCli.Installed.Single(cli => cli.Version == version).Path, version, session);
    }

    private static async Task<JsonNode> UntilRotatedAsync(AwsCli aws, string name)
    {
        while (true)
        {
            var described = await aws.CallAsync("secretsmanager describe-secret", Cancel, "--secret-id", name);
            if (described["LastRotatedDate"] is not null) return described;
        }
    }

    private static async Task<JsonNode> ValueAsync(AwsCli aws, string secretId, params string[] arguments) =>
        JsonNode.Parse(await TextAsync(aws, secretId, arguments))!;

    private static async Task<string> TextAsync(AwsCli aws, string secretId, params string[] arguments)
    {
        var answer = await aws.CallAsync("secretsmanager get-secret-value", Cancel, ["--secret-id", secretId, .. arguments]);
        return answer["SecretString"]!.GetValue<string>();
    }

    /// <summary>Version 1 of the CLI prints seconds since 1970, version 2 ISO 8601.</summary>
    private static DateTimeOffset TimeOf(JsonNode time) => time.GetValueKind() == System.Text.Json.JsonValueKind.Number
        ? DateTimeOffset.FromUnixTimeMilliseconds((long)(time.GetValue<double>() * 1000))
        : DateTimeOffset.Parse(time.GetValue<string>());

    /// <summary>The last second of the next window that has not opened yet: what is left of an open one was used up.</summary>
    private static DateTimeOffset LastSecondOfTheNextWindow(DateTimeOffset rotated)
    {
        var opening = new DateTimeOffset(rotated.UtcDateTime.Date.AddHours(16), TimeSpan.Zero);
        while (opening <= rotated || opening.Day is not (1 or 15)) opening = opening.AddDays(1);
        return opening.AddHours(2).AddSeconds(-1);
    }
}
