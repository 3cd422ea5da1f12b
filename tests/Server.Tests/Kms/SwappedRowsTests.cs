using Rekey.Server.Kms;
using Rekey.Server.Storage;
using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Kms;

/// <summary>Whoever can write to the database cannot make one secret or version answer with the value of another.</summary>
public sealed class SwappedRowsTests : IDisposable
{
    private const string First = "00000000-0000-4000-8000-000000000001";
    private const string Second = "00000000-0000-4000-8000-000000000002";
    private const string ArnOfA = "(SELECT arn FROM secrets WHERE name = 'a')";
    private const string ArnOfB = "(SELECT arn FROM secrets WHERE name = 'b')";

    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Swaps => new()
    {
        {
            "the payload of another version of the same secret",
            $"""
            UPDATE secret_versions SET ciphertext =
                (SELECT ciphertext FROM secret_versions WHERE arn = {ArnOfA} AND version_id = '{First}')
            WHERE arn = {ArnOfA} AND version_id = '{Second}'
            """
        },
        {
            "the payload of the same version id of another secret",
            $"""
            UPDATE secret_versions SET ciphertext =
                (SELECT ciphertext FROM secret_versions WHERE arn = {ArnOfB} AND version_id = '{Second}')
            WHERE arn = {ArnOfA} AND version_id = '{Second}'
            """
        },
        {
            "the row of another secret's version",
            $"""
            DELETE FROM secret_versions WHERE arn = {ArnOfA} AND version_id = '{Second}';
            UPDATE secret_versions SET arn = {ArnOfA} WHERE arn = {ArnOfB} AND version_id = '{Second}'
            """
        },
        {
            "a version under another version's id",
            $"""
            DELETE FROM secret_versions WHERE arn = {ArnOfA} AND version_id = '{Second}';
            UPDATE secret_versions SET version_id = '{Second}' WHERE arn = {ArnOfA} AND version_id = '{First}'
            """
        },
        {
            "another KMS key's material",
            """
            UPDATE kms_keys SET wrapped_material = (SELECT wrapped_material FROM kms_keys WHERE region = 'eu-west-1')
            WHERE region = 'us-east-1'
            """
        },
        {
            "another KMS key under this one's id",
            """
            CREATE TABLE ids AS SELECT key_id FROM kms_keys WHERE region = 'us-east-1';
            DELETE FROM kms_keys WHERE region = 'us-east-1';
            UPDATE kms_keys SET key_id = (SELECT key_id FROM ids)
            """
        },
    };

    [Theory]
    [MemberData(nameof(Swaps))]
    public async Task SwappedRow_IsDecryptionFailure(string what, string swap)
    {
        await using (var server = await StartAsync())
        {
            foreach (var name in new[] { "a", "b" })
            {
                (await server.CallAsync("CreateSecret", Value(name, First), Stop)).IsSuccess.ShouldBeTrue();
                (await server.CallAsync("PutSecretValue", PutValue(name, Second), Stop)).IsSuccess.ShouldBeTrue();
            }
        }
        await MakeKeyElsewhereAsync();
        await SwapAsync(swap);
        await using (var server = await StartAsync())
        {
            var answer = await server.CallAsync("GetSecretValue", new { SecretId = "a" }, Stop);
            answer.ErrorCode.ShouldBe("DecryptionFailure", what);
            ((int)answer.Status).ShouldBe(400);
            answer.ErrorMessage.ShouldBe("Secrets Manager can't decrypt the protected secret text using the provided KMS key.");
        }
    }

    public void Dispose() => _folder.Dispose();

    private static object Value(string name, string token) =>
        new { Name = name, ClientRequestToken = token, SecretString = $"{name} {token}" };

    private static object PutValue(string name, string token) =>
        new { SecretId = name, ClientRequestToken = token, SecretString = $"{name} {token}" };

    private Task<TestServer> StartAsync() => TestServer.StartAsync(new TestServerOptions { DataDirectory = _folder.Path }, Stop);

    private async Task MakeKeyElsewhereAsync()
    {
        using var directory = DataDirectory.Open(_folder.Path);
        await using var database = SqliteStore.Open(directory);
        using var rootKey = new RootKeySource(new RootKeyOptions(), directory, database, TimeProvider.System).Open();
        using var keys = new KmsKeyStore(rootKey, database);
        await database.WriteAsync(session => keys.EnsureDefaultKey(session, TestServer.Account, "eu-west-1", default), Stop);
    }

    private async Task SwapAsync(string sql)
    {
        using var directory = DataDirectory.Open(_folder.Path);
        await using var database = SqliteStore.Open(directory);
        await database.WriteAsync(session => session.Execute(sql), Stop);
    }
}
