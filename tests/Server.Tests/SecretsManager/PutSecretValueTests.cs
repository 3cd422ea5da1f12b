using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class PutSecretValueTests(SecretsManagerServer server) : OperationTests(server)
{
    [Fact]
    public async Task NewValue_MovesCurrentAndPrevious()
    {
        var (name, v1, v2) = (NewName(), NewToken(), NewToken());
        var arn = await CreateAsync(name, "one", v1);
        var answer = await OkAsync("PutSecretValue", new { SecretId = name, SecretString = "two", ClientRequestToken = v2 });
        answer.ToJsonString().ShouldBe($$"""{"ARN":"{{arn}}","Name":"{{name}}","VersionId":"{{v2}}","VersionStages":["AWSCURRENT"]}""");
        (await LabelsAsync(name)).ShouldBe($"{v1}:AWSPREVIOUS {v2}:AWSCURRENT");
        var v3 = await PutAsync(name, "three");
        (await LabelsAsync(name)).ShouldBe($"{v2}:AWSPREVIOUS {v3}:AWSCURRENT");
    }

    [Fact]
    public async Task FirstValueOfASecret_IsCurrentWhateverWasAsked()
    {
        var name = NewName();
        await OkAsync("CreateSecret", new { Name = name, ClientRequestToken = NewToken() });
        var token = NewToken();
        var answer = await OkAsync("PutSecretValue",
            new { SecretId = name, SecretString = "s", ClientRequestToken = token, VersionStages = new[] { "AWSPENDING" } });
        answer["VersionStages"]!.ToJsonString().ShouldBe("""["AWSPENDING","AWSCURRENT"]""");
    }

    [Fact]
    public async Task SameTokenAndValue_IsARepeatThatChangesNothing()
    {
        var (name, v1, v2) = (NewName(), NewToken(), NewToken());
        await CreateAsync(name, "one", v1);
        var request = new { SecretId = name, SecretString = "two", ClientRequestToken = v2 };
        await OkAsync("PutSecretValue", request);
        var v3 = await PutAsync(name, "three");
        var repeat = await OkAsync("PutSecretValue", request);
        (Text(repeat, "VersionId"), repeat["VersionStages"]!.ToJsonString()).ShouldBe((v2, """["AWSPREVIOUS"]"""));
        (await LabelsAsync(name)).ShouldBe($"{v2}:AWSPREVIOUS {v3}:AWSCURRENT");
    }

    [Fact]
    public async Task TextCanFollowBinary()
    {
        var name = NewName();
        await OkAsync("CreateSecret", new { Name = name, SecretBinary = "AAEC", ClientRequestToken = NewToken() });
        await PutAsync(name, "text");
        (await ValueAsync(name)).ShouldBe("text");
        Text(await OkAsync("GetSecretValue", new { SecretId = name, VersionStage = "AWSPREVIOUS" }), "SecretBinary").ShouldBe("AAEC");
    }

    [Fact]
    public async Task Refusals()
    {
        var name = NewName();
        await CreateAsync(name);
        await FailAsync("PutSecretValue", new { SecretId = name, ClientRequestToken = NewToken() },
            "InvalidRequestException", "You must provide either SecretString or SecretBinary.");
        await FailAsync("PutSecretValue",
            new { SecretId = name, SecretString = "s", SecretBinary = "AAEC", ClientRequestToken = NewToken() },
            "InvalidParameterException",
            "You can't specify both a binary secret value and a string secret value in the same secret.");
        await FailAsync("PutSecretValue", new { SecretId = "nobody", SecretString = "s" }, "InvalidRequestException", TokenMissing);
        await FailAsync("PutSecretValue", new { SecretId = "a b", SecretString = "s" }, "ValidationException", InvalidName);
        await FailAsync("PutSecretValue", new { SecretId = "nobody", SecretString = "s", ClientRequestToken = NewToken() },
            "ResourceNotFoundException", NotFound);
        await FailAsync("PutSecretValue",
            new { SecretId = name, SecretString = "s", ClientRequestToken = NewToken(), RotationToken = NewToken() },
            "InvalidRequestException", "The RotationToken isn't the token of the rotation in progress for this version.");
        await OkAsync("DeleteSecret", new { SecretId = name });
        await FailAsync("PutSecretValue", new { SecretId = name, SecretString = "s", ClientRequestToken = NewToken() },
            "InvalidRequestException", MarkedForDeletion);
    }

    [Fact]
    public async Task TwentyLabels_AreTheMost()
    {
        var name = NewName();
        await CreateAsync(name);
        await PutAsync(name, "labelled", [.. Enumerable.Range(1, 18).Select(index => $"L{index}")]);
        await PutAsync(name, "the twentieth", "L19");
        await FailAsync("PutSecretValue",
            new { SecretId = name, SecretString = "s", ClientRequestToken = NewToken(), VersionStages = new[] { "L20" } },
            "LimitExceededException", "The number of staging labels on a secret can't exceed 20.");
        // A label that only moves takes no more room.
        await PutAsync(name, "moved", "L19");
        await FailAsync("PutSecretValue", new { SecretId = name, SecretString = "s", ClientRequestToken = NewToken() },
            "LimitExceededException", "The number of staging labels on a secret can't exceed 20.");
    }

    [Fact]
    public async Task ParallelRepeats_MakeOneVersion()
    {
        var (name, v1, v2) = (NewName(), NewToken(), NewToken());
        await CreateAsync(name, "one", v1);
        var request = new { SecretId = name, SecretString = "two", ClientRequestToken = v2 };
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => OkAsync("PutSecretValue", request)));
        answers.Select(answer => answer.ToJsonString()).Distinct().Count().ShouldBe(1);
        (await LabelsAsync(name)).ShouldBe($"{v1}:AWSPREVIOUS {v2}:AWSCURRENT");
    }

    [Fact]
    public async Task ParallelPuts_LeaveOneCurrent()
    {
        var name = NewName();
        await CreateAsync(name);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(index => PutAsync(name, $"{index}")));
        var labels = (await LabelsAsync(name)).Split(' ');
        labels.Length.ShouldBe(2);
        labels.ShouldContain(entry => entry.EndsWith(":AWSCURRENT"));
        labels.ShouldContain(entry => entry.EndsWith(":AWSPREVIOUS"));
    }
}
