using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class UpdateSecretVersionStageTests(SecretsManagerServer server) : OperationTests(server)
{
    [Fact]
    public async Task Current_DragsPreviousAndLeavesPending()
    {
        var (name, v1) = (NewName(), NewToken());
        var arn = await CreateAsync(name, "one", v1);
        var v2 = await PutAsync(name, "two", "AWSPENDING");
        var answer = await OkAsync("UpdateSecretVersionStage",
            new { SecretId = name, VersionStage = "AWSCURRENT", RemoveFromVersionId = v1, MoveToVersionId = v2 });
        answer.ToJsonString().ShouldBe($$"""{"ARN":"{{arn}}","Name":"{{name}}"}""");
        (await LabelsAsync(name)).ShouldBe($"{v1}:AWSPREVIOUS {v2}:AWSPENDING,AWSCURRENT");
        (await ValueAsync(name)).ShouldBe("two");

        // A later value clears AWSPENDING; a later AWSPENDING takes it from the current version.
        var v3 = await PutAsync(name, "three");
        (await LabelsAsync(name)).ShouldBe($"{v2}:AWSPREVIOUS {v3}:AWSCURRENT");
        var v4 = await PutAsync(name, "four", "AWSPENDING");
        (await LabelsAsync(name)).ShouldBe($"{v2}:AWSPREVIOUS {v3}:AWSCURRENT {v4}:AWSPENDING");
    }

    [Fact]
    public async Task LastLabelRemoved_DeprecatesTheVersion()
    {
        var name = NewName();
        await CreateAsync(name);
        var v2 = await PutAsync(name, "two", "L");
        await OkAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L", RemoveFromVersionId = v2 });
        (await LabelsAsync(name)).ShouldNotContain(v2);
        Text(await OkAsync("GetSecretValue", new { SecretId = name, VersionId = v2 }), "SecretString").ShouldBe("two");
    }

    [Fact]
    public async Task Refusals()
    {
        var (name, v1, unknown) = (NewName(), NewToken(), NewToken());
        await CreateAsync(name, "one", v1);
        var v2 = await PutAsync(name, "two");
        const string code = "InvalidParameterException";
        await FailAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "AWSCURRENT", MoveToVersionId = v1 }, code,
            $"The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version {v2}, "
            + "so you must explicitly reference that version in RemoveFromVersionId.");
        await FailAsync("UpdateSecretVersionStage",
            new { SecretId = name, VersionStage = "AWSCURRENT", RemoveFromVersionId = v1, MoveToVersionId = v1 }, code,
            $"Staging label AWSCURRENT isn't currently attached to version {v1}.");
        await FailAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L", RemoveFromVersionId = v1 }, code,
            $"Staging label L isn't currently attached to version {v1}.");
        await FailAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "AWSCURRENT", RemoveFromVersionId = v2 }, code,
            "You can only move staging label AWSCURRENT to a different secret version. It can\u2019t be completely removed.");
        await FailAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L", MoveToVersionId = unknown }, code,
            $"Not a valid version: {unknown}");
        await FailAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L" }, code,
            "You must specify at least one of RemoveFromVersionId and MoveToVersionId.");
        (await LabelsAsync(name)).ShouldBe($"{v1}:AWSPREVIOUS {v2}:AWSCURRENT");

        await FailAsync("UpdateSecretVersionStage", new { SecretId = "nobody", VersionStage = "L", MoveToVersionId = v1 },
            "ResourceNotFoundException", NotFound);
        await OkAsync("DeleteSecret", new { SecretId = name });
        await FailAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L", MoveToVersionId = v1 },
            "InvalidRequestException", MarkedForDeletion);
    }

    [Fact]
    public async Task TwentyLabels_AreTheMost()
    {
        var (name, v1) = (NewName(), NewToken());
        await CreateAsync(name, "one", v1);
        for (var index = 1; index < 20; index++)
            await OkAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = $"L{index}", MoveToVersionId = v1 });
        await FailAsync("UpdateSecretVersionStage", new { SecretId = name, VersionStage = "L20", MoveToVersionId = v1 },
            "LimitExceededException", "The number of staging labels on a secret can't exceed 20.");
    }
}
