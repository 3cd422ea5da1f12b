using Rekey.Conformance.Rotation.Campaign;
using Rekey.Conformance.Storage;
using Xunit;

namespace Rekey.Conformance.Rotation;

/// <summary>
/// Every strategy on every server that can be had: many rotations each, while an application logs in with AWSCURRENT all the time.
/// 200 with <c>./test --long</c>.
/// </summary>
public sealed class EveryStrategyTests(PostgresStore stores) : IClassFixture<PostgresStore>
{
    private static readonly int Rotations = Environment.GetEnvironmentVariable("REKEY_TEST_LONG") is null ? 30 : 200;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.MariaDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql9, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MySql9, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.MySql9, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql56, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MySql56, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres13, Strategy.SingleUser)]
    [InlineData(DatabaseKind.Postgres13, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres15, Strategy.SingleUser)]
    [InlineData(DatabaseKind.Postgres15, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres18, Strategy.SingleUser)]
    [InlineData(DatabaseKind.Postgres18, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MongoDb, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MongoDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Redis7, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.Redis7, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Valkey8, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.Valkey8, Strategy.AlternatingUsers)]
    public async Task ManyRotations(DatabaseKind kind, Strategy strategy)
    {
        await using var database = await RotatedDatabase.StartAsync(kind, strategy);
        await RotationCampaign.RunAsync(database.Target, Rotations);
    }

    [Theory]
    [InlineData(DatabaseKind.Postgres13)]
    [InlineData(DatabaseKind.Postgres15)]
    [InlineData(DatabaseKind.Postgres18)]
    public async Task ManyRotations_WithAnOwnerRole(DatabaseKind kind)
    {
        await using var database = await RotatedDatabase.StartAsync(kind, Strategy.AlternatingUsers, ownerRole: true);
        await RotationCampaign.RunAsync(database.Target, Rotations);
    }

    [Fact]
    public async Task ManyRotations_OnPostgresStore()
    {
        await using var database = await RotatedDatabase.StartAsync(DatabaseKind.MariaDb, Strategy.AlternatingUsers);
        await RotationCampaign.RunAsync(database.Target, Rotations, await stores.CreateDatabaseAsync(Cancel));
    }
}
