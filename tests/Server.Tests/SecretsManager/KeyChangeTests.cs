using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Kms;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>Which versions another key seals, and how keys are shown.</summary>
public sealed class KeyChangeTests : IAsyncLifetime
{
    private const string Alias = "alias/app";
    private const string Default = "DefaultEncryptionKey";

    private TestServer _server = null!;
    private string _key = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(Stop);
        _key = await AddKeyAsync(Alias);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    // a deprecated, b kept by a label of the caller, c AWSPREVIOUS, d AWSCURRENT, e AWSPENDING.
    [Fact]
    public async Task AnotherKey_SealsCurrentPendingAndPreviousAnew_AndNoOthers()
    {
        await FillAsync();
        (await KeysAsync()).ShouldBe([Default, Default, Default, Default, Default]);

        await OkAsync("UpdateSecret", new { SecretId = "s", KmsKeyId = Alias, ClientRequestToken = Token('x') });
        (await KeysAsync()).ShouldBe([Default, Default, _key, _key, _key]);
        ((string?)(await OkAsync("DescribeSecret", new { SecretId = "s" }))["KmsKeyId"]).ShouldBe(Alias, "as given");
        await ValuesAreReadAsync();

        // A new value is sealed by the new key; the versions that others replace keep what sealed them.
        await PutAsync('f');
        (await KeysAsync()).ShouldBe([Default, Default, _key, _key, _key, _key]);

        // Back again: what has the labels now.
        await OkAsync("UpdateSecret", new { SecretId = "s", KmsKeyId = "", ClientRequestToken = Token('x') });
        (await KeysAsync()).ShouldBe([Default, Default, _key, Default, _key, Default]);
        (await OkAsync("DescribeSecret", new { SecretId = "s" }))["KmsKeyId"].ShouldBeNull();
        await ValuesAreReadAsync();
    }

    [Theory]
    [InlineData("alias/app")]
    [InlineData("arn:aws:kms:us-east-1:123456789012:alias/app")]
    [InlineData("ARN")]
    [InlineData("ID")]
    public async Task Key_IsShownAsGiven_AndListedByItsArn(string given)
    {
        given = given.Replace("ARN", _key).Replace("ID", _key.Split('/')[1]);
        await OkAsync("CreateSecret", new { Name = "s", SecretString = "a", KmsKeyId = given, ClientRequestToken = Token('a') });
        ((string?)(await OkAsync("DescribeSecret", new { SecretId = "s" }))["KmsKeyId"]).ShouldBe(given);
        (await KeysAsync()).ShouldBe([_key]);
    }

    [Fact]
    public async Task SameKeyUnderAnotherName_ChangesTheNameAndNoVersion()
    {
        await FillAsync();
        await OkAsync(
            "UpdateSecret", new { SecretId = "s", KmsKeyId = "alias/aws/secretsmanager", ClientRequestToken = Token('x') });
        (await KeysAsync()).ShouldBe([Default, Default, Default, Default, Default]);
        ((string?)(await OkAsync("DescribeSecret", new { SecretId = "s" }))["KmsKeyId"]).ShouldBe("alias/aws/secretsmanager");
    }

    // a, under the default key, becomes AWSPREVIOUS by hand after the key was changed.
    [Fact]
    public async Task WithoutAKey_OtherMetadata_LeavesEveryVersionUnderItsKey()
    {
        await FillAsync();
        await OkAsync("UpdateSecret", new { SecretId = "s", KmsKeyId = Alias, ClientRequestToken = Token('x') });
        await OkAsync("UpdateSecretVersionStage",
            new { SecretId = "s", VersionStage = "AWSPREVIOUS", RemoveFromVersionId = Token('c'), MoveToVersionId = Token('a') });

        await OkAsync("UpdateSecret", new { SecretId = "s", Description = "d", ClientRequestToken = Token('x') });
        (await KeysAsync()).ShouldBe([Default, Default, _key, _key, _key]);
        await OkAsync("UpdateSecret", new { SecretId = "s", KmsKeyId = Alias, ClientRequestToken = Token('x') });
        (await KeysAsync()).ShouldBe([_key, Default, _key, _key, _key], "the key was given again");
    }

    [Fact]
    public async Task UnknownKey_ChangesNothing()
    {
        await FillAsync();
        var answer = await _server.CallAsync("UpdateSecret",
            new { SecretId = "s", KmsKeyId = "alias/none", Description = "d", SecretString = "g", ClientRequestToken = Token('g') }, Stop);
        answer.ErrorCode.ShouldBe("InvalidParameterException");
        (await KeysAsync()).ShouldBe([Default, Default, Default, Default, Default]);
        (await OkAsync("DescribeSecret", new { SecretId = "s" }))["Description"].ShouldBeNull();
    }

    private static string Token(char letter) => new(letter, 36);

    private async Task FillAsync()
    {
        await OkAsync("CreateSecret", new { Name = "s", SecretString = "a", ClientRequestToken = Token('a') });
        await PutAsync('b', "AWSCURRENT", "KEPT");
        await PutAsync('c');
        await PutAsync('d');
        await PutAsync('e', "AWSPENDING");
    }

    private async Task PutAsync(char letter, params string[] stages) => await OkAsync("PutSecretValue", new
    {
        SecretId = "s",
        SecretString = $"{letter}",
        ClientRequestToken = Token(letter),
        VersionStages = stages.Length == 0 ? null : stages,
    });

    private async Task ValuesAreReadAsync()
    {
        foreach (var letter in "abcde")
        {
            var value = await OkAsync("GetSecretValue", new { SecretId = "s", VersionId = Token(letter) });
            ((string?)value["SecretString"]).ShouldBe($"{letter}");
        }
    }

    /// <summary>The keys of all versions, in order of creation.</summary>
    private async Task<string[]> KeysAsync()
    {
        var listed = await OkAsync("ListSecretVersionIds", new { SecretId = "s", IncludeDeprecated = true });
        return [.. listed["Versions"]!.AsArray().Select(version => (string)version!["KmsKeyIds"]!.AsArray().Single()!)];
    }

    private async Task<JsonNode> OkAsync(string operation, object request)
    {
        var answer = await _server.CallAsync(operation, request, Stop);
        answer.IsSuccess.ShouldBeTrue(answer.Body);
        return answer.Json;
    }

    /// <summary>A key beside the default one: made as that and renamed, since there is no KMS operation yet.</summary>
    private Task<string> AddKeyAsync(string alias)
    {
        var keys = _server.Services.GetRequiredService<KmsKeyStore>();
        return _server.Services.GetRequiredService<IDatabase>().WriteAsync(session =>
        {
            var arn = keys.EnsureDefaultKey(session, TestServer.Account, TestServer.Region, _server.Clock.GetUtcNow());
            session.Execute("UPDATE kms_keys SET alias = @alias WHERE key_arn = @arn", ("alias", alias), ("arn", arn));
            return arn;
        }, Stop);
    }
}
