using Rekey.Conformance.Storage;
using Rekey.Server.Tests.Rotation.Slots;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Rotation.Slots;

/// <summary>The journal of slots in a PostgreSQL store.</summary>
public sealed class SlotsOnPostgresTests(PostgresStore stores) : IClassFixture<PostgresStore>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Journal_OutlivesTheServer()
    {
        await using var scene = await SlotScene.StartAsync(Cancel, await stores.CreateDatabaseAsync(Cancel));
        await scene.RotateAsync(Cancel);
        await scene.RetireAsync(Cancel);
        var state = scene.State!;
        await scene.RestartAsync(Cancel);
        scene.State!.Retiring.ShouldBe(state.Retiring);
        await scene.RetireAllAsync(Cancel);
        scene.Service.Ids.ShouldBe([(await scene.CurrentAsync(Cancel)).Id]);
        await scene.RotateAsync(Cancel);
        scene.Service.Ids.Count.ShouldBe(2);
    }
}
