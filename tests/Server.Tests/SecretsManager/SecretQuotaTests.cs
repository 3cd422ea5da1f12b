using Rekey.Aws;
using Rekey.Server.SecretsManager;
using Rekey.Server.Tests.Storage;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

public sealed class SecretQuotaTests
{
    private const string Account = "123456789012";
    private const string Region = "us-east-1";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Full_IsRefusedUntilOneIsPurged()
    {
        await using var store = new SqliteStore();
        var quota = new SecretQuota(secretsMax: 3);
        foreach (var name in new[] { "a", "b", "c" }) await CreateAsync(store, quota, name);
        var error = await Should.ThrowAsync<ServiceException>(CreateAsync(store, quota, "d"));
        error.Shape.Code.ShouldBe("LimitExceededException");

        await store.Database.WriteAsync(session =>
        {
            SecretStore.Purge(session, SecretStore.FindByName(session, Account, Region, "a")!.Arn);
            return 0;
        }, Stop);
        await CreateAsync(store, quota, "d");
        await Should.ThrowAsync<ServiceException>(CreateAsync(store, quota, "e"));
    }

    [Fact]
    public async Task SecretsFromBeforeTheStart_Count()
    {
        await using var store = new SqliteStore();
        foreach (var name in new[] { "a", "b" }) await CreateAsync(store, new SecretQuota(100), name);
        await Should.ThrowAsync<ServiceException>(CreateAsync(store, new SecretQuota(2), "c"));
    }

    private static Task<int> CreateAsync(SqliteStore store, SecretQuota quota, string name) => store.Database.WriteAsync(session =>
    {
        quota.DemandRoom(session, Account, Region);
        SecretStore.Insert(session, new Secret
        {
            Arn = SecretIdentifier.NewArn(Account, Region, name),
            Account = Account,
            Region = Region,
            Name = name,
            KmsKeyArn = "k",
            CreatedDate = default,
            LastChangedDate = default,
        });
        return 0;
    }, Stop);
}
