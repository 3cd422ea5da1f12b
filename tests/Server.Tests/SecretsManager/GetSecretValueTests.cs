using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class GetSecretValueTests(SecretsManagerServer server) : OperationTests(server)
{
    [Fact]
    public async Task Text_ComesBackWithItsVersion()
    {
        var (name, token) = (NewName(), NewToken());
        var arn = await CreateAsync(name, "p\"a\\s/s\u0001 wörd \ud83d\ude00 <&>", token);
        var answer = await Server.CallAsync("GetSecretValue", new { SecretId = name }, Stop);
        Text(answer.Json, "SecretString").ShouldBe("p\"a\\s/s\u0001 wörd \ud83d\ude00 <&>");
        Text(answer.Json, "ARN").ShouldBe(arn);
        Text(answer.Json, "Name").ShouldBe(name);
        Text(answer.Json, "VersionId").ShouldBe(token);
        answer.Json["VersionStages"]!.ToJsonString().ShouldBe("""["AWSCURRENT"]""");
        Time(answer.Json, "CreatedDate").ShouldBe(Server.Clock.GetUtcNow());
        answer.Json["SecretBinary"].ShouldBeNull();
        answer.Json.AsObject().Select(member => member.Key)
            .ShouldBe(["ARN", "CreatedDate", "Name", "SecretString", "VersionId", "VersionStages"]);
        answer.ContentType.ShouldBe("application/x-amz-json-1.1");
    }

    [Fact]
    public async Task Binary_ComesBackAsBase64()
    {
        var name = NewName();
        byte[] value = [0, 255, 1, 2, 254];
        await OkAsync("CreateSecret", new { Name = name, SecretBinary = Convert.ToBase64String(value), ClientRequestToken = NewToken() });
        var answer = await OkAsync("GetSecretValue", new { SecretId = name });
        Convert.FromBase64String(Text(answer, "SecretBinary")).ShouldBe(value);
        answer["SecretString"].ShouldBeNull();
    }

    [Fact]
    public async Task VersionAndStage_SelectTheVersion()
    {
        var (name, first) = (NewName(), NewToken());
        await CreateAsync(name, "one", first);
        var second = await PutAsync(name, "two");
        Text(await OkAsync("GetSecretValue", new { SecretId = name, VersionStage = "AWSPREVIOUS" }), "SecretString").ShouldBe("one");
        Text(await OkAsync("GetSecretValue", new { SecretId = name, VersionId = first }), "SecretString").ShouldBe("one");
        Text(await OkAsync("GetSecretValue", new { SecretId = name, VersionId = second, VersionStage = "AWSCURRENT" }), "SecretString")
            .ShouldBe("two");
        await FailAsync("GetSecretValue", new { SecretId = name, VersionId = first, VersionStage = "AWSCURRENT" },
            "InvalidRequestException", "You provided a VersionStage that is not associated to the provided VersionId.");
    }

    [Fact]
    public async Task UnknownVersionOrStage_IsNotFound()
    {
        var name = NewName();
        await CreateAsync(name);
        var token = NewToken();
        const string text = "Secrets Manager can't find the specified secret value for ";
        await FailAsync("GetSecretValue", new { SecretId = name, VersionId = token }, "ResourceNotFoundException",
            $"{text}VersionId: {token}");
        await FailAsync("GetSecretValue", new { SecretId = name, VersionStage = "NONE" }, "ResourceNotFoundException",
            $"{text}staging label: NONE");
        await FailAsync("GetSecretValue", new { SecretId = name, VersionId = token, VersionStage = "NONE" }, "ResourceNotFoundException",
            $"{text}VersionId: {token}");
    }

    [Fact]
    public async Task DeprecatedVersion_IsReadByIdAndHasNoStages()
    {
        var (name, first) = (NewName(), NewToken());
        await CreateAsync(name, "one", first);
        await PutAsync(name, "two");
        await PutAsync(name, "three");
        var answer = await OkAsync("GetSecretValue", new { SecretId = name, VersionId = first });
        Text(answer, "SecretString").ShouldBe("one");
        answer.AsObject().ContainsKey("VersionStages").ShouldBeFalse();
    }

    [Fact]
    public async Task EveryWrite_IsSeenByTheNextRead()
    {
        var name = NewName();
        await CreateAsync(name, "0");
        for (var index = 1; index <= 20; index++)
        {
            var version = await PutAsync(name, $"{index}");
            // From the store, from memory, and from memory with the data key kept.
            for (var read = 0; read < 3; read++) (await ValueAsync(name)).ShouldBe($"{index}");
            await OkAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L", MoveToVersionId = version });
            (await OkAsync("GetSecretValue", new { SecretId = name }))["VersionStages"]!.ToJsonString().ShouldContain("\"L\"");
            await OkAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L", RemoveFromVersionId = version });
            (await OkAsync("GetSecretValue", new { SecretId = name }))["VersionStages"]!.ToJsonString().ShouldNotContain("\"L\"");
        }
    }

    [Fact]
    public async Task ScheduledForDeletion_IsInvalidRequest()
    {
        var name = NewName();
        await CreateAsync(name);
        await ValueAsync(name);
        await OkAsync("DeleteSecret", new { SecretId = name });
        await FailAsync("GetSecretValue", new { SecretId = name }, "InvalidRequestException", MarkedForDeletion);
        await OkAsync("RestoreSecret", new { SecretId = name });
        (await ValueAsync(name)).ShouldBe("first");
    }

    [Fact]
    public async Task Read_SetsTheDayAndNothingElse()
    {
        var (name, token) = (NewName(), NewToken());
        await CreateAsync(name, "v", token);
        var before = await OkAsync("DescribeSecret", new { SecretId = name });
        before["LastAccessedDate"].ShouldBeNull();
        await ValueAsync(name);
        var after = await OkAsync("DescribeSecret", new { SecretId = name });
        Time(after, "LastAccessedDate").ShouldBe(new DateTimeOffset(Server.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero));
        Time(after, "LastChangedDate").ShouldBe(Time(before, "LastChangedDate"));
        var versions = await OkAsync("ListSecretVersionIds", new { SecretId = name });
        Time(versions["Versions"]![0]!, "LastAccessedDate").ShouldBe(Time(after, "LastAccessedDate"));
    }
}
