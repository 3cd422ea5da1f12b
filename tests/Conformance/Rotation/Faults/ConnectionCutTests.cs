using Rekey.Conformance.Engines;
using Rekey.Conformance.Rotation.Campaign;
using Xunit;

namespace Rekey.Conformance.Rotation.Faults;

/// <summary>The connection to a real database breaks at a message of a rotation: at every one with <c>./test --long</c>.</summary>
public sealed class ConnectionCutTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("REKEY_TEST_LONG") is not null;

    [Theory]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUser, nameof(TcpProxy.Cut.BeforeServer), 1)]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUser, nameof(TcpProxy.Cut.AfterServer), 1)]
    [InlineData(DatabaseKind.MariaDb, Strategy.SingleUserBySuperuser, nameof(TcpProxy.Cut.AfterServer), 3)]
    [InlineData(DatabaseKind.MariaDb, Strategy.AlternatingUsers, nameof(TcpProxy.Cut.BeforeServer), 7)]
    [InlineData(DatabaseKind.MariaDb, Strategy.AlternatingUsers, nameof(TcpProxy.Cut.AfterServer), 5)]
    [InlineData(DatabaseKind.MySql9, Strategy.SingleUser, nameof(TcpProxy.Cut.AfterServer), 3)]
    [InlineData(DatabaseKind.MySql9, Strategy.AlternatingUsers, nameof(TcpProxy.Cut.AfterServer), 11)]
    [InlineData(DatabaseKind.MySql56, Strategy.AlternatingUsers, nameof(TcpProxy.Cut.AfterServer), 11)]
    [InlineData(DatabaseKind.Postgres15, Strategy.SingleUser, nameof(TcpProxy.Cut.BeforeServer), 1)]
    [InlineData(DatabaseKind.Postgres15, Strategy.SingleUser, nameof(TcpProxy.Cut.AfterServer), 1)]
    [InlineData(DatabaseKind.Postgres15, Strategy.AlternatingUsers, nameof(TcpProxy.Cut.BeforeServer), 7)]
    [InlineData(DatabaseKind.Postgres15, Strategy.AlternatingUsers, nameof(TcpProxy.Cut.AfterServer), 5)]
    [InlineData(DatabaseKind.Redis7, Strategy.SingleUserBySuperuser, nameof(TcpProxy.Cut.AfterServer), 1)]
    [InlineData(DatabaseKind.Redis7, Strategy.AlternatingUsers, nameof(TcpProxy.Cut.AfterServer), 1)]
    [InlineData(DatabaseKind.Valkey8, Strategy.AlternatingUsers, nameof(TcpProxy.Cut.BeforeServer), 5)]
    public async Task AnyMessage_MayBeTheLast(DatabaseKind kind, Strategy strategy, string cut, int every)
    {
        await using var database = await RotatedDatabase.StartAsync(kind, strategy);
        await ConnectionCuts.RunAsync(database.Target, Enum.Parse<TcpProxy.Cut>(cut), IsLong ? 1 : every);
    }
}
