using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql;

/// <summary>What the ODBC binding makes of results of any size.</summary>
public sealed class OdbcRowsTests(MySqlServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public async Task Rows_ComeWhole(string kind)
    {
        await using var session = await (await servers.GetAsync(kind)).OpenAdminAsync(_stop);

        var rows = await session.QueryRowsAsync(
            "SELECT 1, NULL, '' UNION ALL SELECT 2, REPEAT('aé🔑', 30000), 'x' UNION ALL SELECT 3, REPEAT('b', 4095), 'z'", _stop);

        rows.Count.ShouldBe(3);
        rows[0].ShouldBe(["1", null, ""]);
        rows[1].ShouldBe(["2", string.Concat(Enumerable.Repeat("aé🔑", 30000)), "x"]);
        rows[2].ShouldBe(["3", new string('b', 4095), "z"]);
        (await session.QueryRowsAsync("SELECT 1 FROM DUAL WHERE 1 = 0", _stop)).ShouldBeEmpty();
        (await session.QueryRowsAsync("SET @x = 1", _stop)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1100) SELECT REPEAT('x', 40000) FROM n")]
    [InlineData("SELECT 1 FROM (SELECT 1 FROM mysql.help_topic LIMIT 999) a, (SELECT 1 FROM mysql.help_topic LIMIT 999) b")]
    public async Task MoreThanTheBound_IsRefused(string query)
    {
        await using var session = await (await servers.GetAsync(MySqlServers.MySql)).OpenAdminAsync(_stop);
        await session.QueryRowsAsync("SET SESSION cte_max_recursion_depth = 100000", _stop);

        var failure = await session.QueryRowsAsync(query, _stop).FailureAsync(FailureCause.Other);

        failure.Message.ShouldContain("longer than any");
        (await session.QueryAsync("SELECT 7", _stop))!.ShouldBe(["7"]);
    }
}
