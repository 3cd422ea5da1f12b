using Rekey.Conformance.Engines;
using Shouldly;

namespace Rekey.Conformance.Rotation.Campaign;

/// <summary>The rights of two users as SHOW GRANTS tells them: what the rotator does not read.</summary>
internal sealed class MySqlRights(PrivateServer server)
{
    public async Task DemandEqualAsync(string one, string other, CancellationToken cancellationToken)
    {
        var expected = await ReadAsync(one, cancellationToken);
        expected.Count.ShouldBeGreaterThan(1);
        (await ReadAsync(other, cancellationToken)).ShouldBe(expected, ignoreOrder: true);
    }

    private async Task<List<string>> ReadAsync(string user, CancellationToken cancellationToken)
    {
        await using var session = await server.OpenAdminAsync(cancellationToken);
        var rows = await session.QueryRowsAsync($"SHOW GRANTS FOR '{user}'@'%'", cancellationToken);
        // What follows the name of the first row may be the password's hash.
        return rows.ConvertAll(row => row[0]!.Replace(user, "USER", StringComparison.Ordinal).Split(" IDENTIFIED BY ")[0]);
    }
}
