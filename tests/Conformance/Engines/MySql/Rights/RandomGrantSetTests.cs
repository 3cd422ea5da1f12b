using System.Globalization;
using System.Security.Cryptography;
using Rekey.Rotators;
using Rekey.Rotators.MySql;
using Rekey.Rotators.Strategies;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.MySql.Rights;

/// <summary>
/// Random rights on things with hostile names: after the engine has made a clone equal, the server shows the same for both. Each set is
/// compared twice: when the clone is made, and after rights of both were changed by hand. REKEY_SEED plays one again.
/// </summary>
public sealed class RandomGrantSetTests(MySqlServers servers, ITestOutputHelper output)
{
    private const int Sets = 200;
    private const int SetsOfCampaign = 1200;
    private static readonly string[] Hosts = ["%", "localhost", "10.%", "192.168.0.0/255.255.255.0"];
    private static readonly string[] Names = ["app", "a'pp", "a`pp", "app TO x", "a\\pp", "a\"pp", "\u00e4pp", "a%_p", "app@h", "a;--"];

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MySqlServers.MariaDb)]
    [InlineData(MySqlServers.MySql)]
    public Task W2_Clone_IsShownAsItsBase(string kind) => PlayAsync(kind, Sets);

    [Fact(Explicit = true)]
    public Task ManySets_OnMariaDb() => PlayAsync(MySqlServers.MariaDb, SetsOfCampaign);

    [Fact(Explicit = true)]
    public Task ManySets_OnMySql() => PlayAsync(MySqlServers.MySql, SetsOfCampaign);

    private async Task PlayAsync(string kind, int sets)
    {
        var server = await servers.GetAsync(kind);
        var given = Environment.GetEnvironmentVariable("REKEY_SEED");
        var first = given is null ? RandomNumberGenerator.GetInt32(1_000_000) * 1000 : int.Parse(given, CultureInfo.InvariantCulture);
        output.WriteLine($"{kind}: seeds from {first}");
        await using var session = await server.OpenAdminAsync(_stop);
        await GrantWorld.CreateAsync(session, _stop);
        await using var administrator = new MySqlAdministrator(await server.OpenAdminAsync(_stop));
        var statements = 0;
        for (var i = 0; i < (given is null ? sets : 1); i++)
        {
            try
            {
                statements += await PlaySetAsync(session, administrator, first + i);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Assert.Fail($"{kind}, seed {first + i}: {e.Message}");
            }
        }
        output.WriteLine($"{statements} statements made {sets} clones equal, twice each");
        statements.ShouldBeGreaterThan(given is null ? sets : 0);
    }

    private async Task<int> PlaySetAsync(MySqlSession session, MySqlAdministrator administrator, int seed)
    {
        var random = new RandomGrants(seed, session.Server);
        // Never the same name twice: MariaDB lets a new account have what an equally named one held of routines.
        var name = random.Pick(Names) + (seed % 100_000).ToString(CultureInfo.InvariantCulture);
        var pair = new UserPair(name, name + "_clone", RotationSettings.Default);
        var hosts = Hosts.OrderBy(_ => random.Next(100)).Take(1 + random.Next(2)).ToList();
        List<string> made = [];
        foreach (var account in hosts.Select(host => Account(name, host)))
        {
            await session.ExecuteAsync($"CREATE USER {account} IDENTIFIED BY 'aA1!-{seed}-long-enough'", _stop);
            made.AddRange(await ExecuteAsync(session, [.. random.Grants(account, 1 + random.Next(10))]));
        }
        var count = await EqualizeAsync(administrator, pair);
        await ShouldBeShownEqualAsync(session, pair, hosts);

        foreach (var user in (string[])[pair.Base, pair.Twin])
        {
            var account = Account(user, hosts[0]);
            var own = made.Select(grant => grant.Replace(Account(name, hosts[0]), account, StringComparison.Ordinal))
                .Where(grant => grant.Contains($" TO {account}", StringComparison.Ordinal)).ToList();
            await ExecuteAsync(session, [.. random.Revokes(account, own)], mayFail: true);
            await ExecuteAsync(session, [.. random.Grants(account, 1 + random.Next(4))]);
        }
        count += await EqualizeAsync(administrator, pair);
        await ShouldBeShownEqualAsync(session, pair, hosts);

        var users = ((string[])[pair.Base, pair.Twin]).SelectMany(user => hosts.Select(host => Account(user, host)));
        await session.ExecuteAsync($"DROP USER {string.Join(", ", users)}", _stop);
        return count;
    }

    private async Task<int> EqualizeAsync(MySqlAdministrator administrator, UserPair pair)
    {
        var comparison = await administrator.CompareAsync(pair, _stop);
        if (!comparison.CloneExists)
        {
            var planned = comparison.Changes.Select(change => change.Statement).ToList();
            await administrator.CreateLockedAsync(pair, _stop);
            comparison = await administrator.CompareAsync(pair, _stop);
            comparison.Changes.Select(change => change.Statement).ShouldBe(planned);
        }
        await administrator.ApplyAsync(pair, comparison.Changes, _stop);
        (await administrator.CompareAsync(pair, _stop)).Changes.ShouldBeEmpty(
            string.Join('\n', comparison.Changes.Select(change => change.Statement)));
        return comparison.Changes.Count;
    }

    private async Task ShouldBeShownEqualAsync(MySqlSession session, UserPair pair, List<string> hosts)
    {
        // What counts is what a restart keeps: after a grant that is repeated with less, servers show that and store the former.
        await session.ExecuteAsync("FLUSH PRIVILEGES", _stop);
        foreach (var host in hosts)
        {
            var clone = await ShownGrants.ReadAsync(session, pair.Twin, host, _stop);
            var model = await ShownGrants.ReadAsync(session, pair.Base, host, _stop);
            var differences = model.Except(clone).Select(line => $"lacks {line}").Concat(clone.Except(model).Select(line => $"has {line}"));
            if (differences.Any()) throw new InvalidOperationException(string.Join('\n', differences));
        }
    }

    private async Task<List<string>> ExecuteAsync(MySqlSession session, List<string> statements, bool mayFail = false)
    {
        foreach (var statement in statements)
        {
            try
            {
                await session.ExecuteAsync(statement, _stop);
            }
            catch (RotatorException) when (mayFail)
            {
                // It was not there.
            }
            catch (RotatorException e)
            {
                throw new InvalidOperationException($"{e.Message}: {statement}", e);
            }
        }
        return statements;
    }

    private static string Account(string user, string host) => $"{GrantWorld.Text(user)}@{GrantWorld.Text(host)}";
}
