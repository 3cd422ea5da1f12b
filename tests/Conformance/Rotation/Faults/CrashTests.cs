using Rekey.Conformance.Rotation.Campaign;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>
/// The server is killed with SIGKILL at each boundary of each step, on a real database. At the moment of death a stored version logs in,
/// and AWSCURRENT does wherever the strategy has no gap; after the restart the rotation ends by itself, with nothing locked out and no
/// AWSPENDING left.
/// </summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.MariaDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres15, Strategy.SingleUser)]
    [InlineData(DatabaseKind.Postgres15, Strategy.AlternatingUsers)]
    public Task KilledAtEachBoundary(DatabaseKind kind, Strategy strategy) => KillAsync(kind, strategy);

    [Theory(Explicit = true)]
    [InlineData(DatabaseKind.MySql9, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MySql9, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.MySql9, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.MySql56, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MySql56, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres13, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Postgres18, Strategy.AlternatingUsers, true)]
    [InlineData(DatabaseKind.MongoDb, Strategy.SingleUser)]
    [InlineData(DatabaseKind.MongoDb, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Redis7, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.Redis7, Strategy.AlternatingUsers)]
    [InlineData(DatabaseKind.Valkey8, Strategy.SingleUserBySuperuser)]
    [InlineData(DatabaseKind.Valkey8, Strategy.AlternatingUsers)]
    public Task KilledAtEachBoundary_OnTheOthers(DatabaseKind kind, Strategy strategy, bool ownerRole = false) =>
        KillAsync(kind, strategy, ownerRole);

    private static async Task KillAsync(DatabaseKind kind, Strategy strategy, bool ownerRole = false)
    {
        await using var database = await RotatedDatabase.StartAsync(kind, strategy, ownerRole);
        await Crashes.RunAsync(database.Target);
    }
}
