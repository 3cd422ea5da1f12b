using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines;

public sealed class PrivatePostgresTests
{
    [Theory]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(18)]
    public async Task StartedServer_IsOfTheVersionAskedFor_AndSurvivesACrash(int version)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var server = await PrivatePostgres.StartAsync(version, stop);
        var number = (string)(await server.ExecuteAsync("SHOW server_version_num", stop))!;
        (int.Parse(number) / 10000).ShouldBe(version);
        await server.CrashAsync();
        await server.StartAsync(stop);
        (await server.ExecuteAsync("SELECT current_user::text", stop)).ShouldBe(PrivatePostgres.Superuser);
    }
}
