using System.Security.Cryptography;
using Rekey.Rotators;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Engines.Postgres.Pairs;

/// <summary>
/// Random grant sets: whatever the base has, a login of the clone finds the same. A failure names its seed; with it in the environment
/// variable REKEY_GRANTS_SEED that set alone is made again.
/// </summary>
public sealed class RandomGrantSetTests(PostgresServers servers)
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(13, 10)]
    [InlineData(15, 10)]
    [InlineData(16, 10)]
    [InlineData(18, 10)]
    public Task W2_AnyGrantSet_IsTheClonesToo(int version, int sets) => RunAsync(version, sets);

    [Theory(Explicit = true)]
    [InlineData(13, 300)]
    [InlineData(15, 300)]
    [InlineData(16, 300)]
    [InlineData(18, 300)]
    public Task ManyGrantSets_AreTheClonesToo(int version, int sets) => RunAsync(version, sets);

    private async Task RunAsync(int version, int sets)
    {
        var server = await servers.GetAsync(version);
        await GrantWorld.EnsureAsync(server);
        if (int.TryParse(Environment.GetEnvironmentVariable("REKEY_GRANTS_SEED"), out var wanted))
        {
            await CheckAsync(server, version, wanted);
            return;
        }
        for (var set = 0; set < sets; set++)
        {
            var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
            try
            {
                await CheckAsync(server, version, seed);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed} on PostgreSQL {version}: {e.Message}", e);
            }
        }
    }

    private async Task CheckAsync(PrivatePostgres server, int version, int seed)
    {
        var random = new RandomGrants(seed, version);
        var pair = await PostgresPair.CreateAsync(server, _stop, random.BaseName);
        pair.Settings = new RotationSettings
        {
            PostgresClone = random.HasOwnerRole ? PostgresCloneMode.OwnerRole : PostgresCloneMode.Member,
            OwnerRole = random.OwnerRole,
        };
        await RunAsync(pair, random.MakeGroups().Concat(random.Rights(pair.Base, 50)));
        if (random.OwnerRoleExists)
            await RunAsync(pair, [$"CREATE ROLE {Q(random.OwnerRole)} NOLOGIN", $"GRANT {Q(random.OwnerRole)} TO {pair.QuotedBase}"]);

        var before = await EffectiveOfBaseAsync(pair, random, version);
        await pair.RotateAsync(_stop);
        await ShouldBeEqualAsync(pair, random, version);
        // Becoming members of an owner role, too, costs applications no right they had.
        if (random.HasOwnerRole) ShouldKeep(before, await EffectiveOfBaseAsync(pair, random, version));

        if (random.Happens(60))
        {
            // The clone gets other rights, the base loses and gets some; then it is the base's turn, or the clone's again.
            await RunAsync(pair, random.Rights(pair.Twin, 30));
            await RunAsync(pair, random.Revocations(pair.Base).Concat(random.Rights(pair.Base, 20)));
            await pair.RotateAsync(_stop);
            await ShouldBeEqualAsync(pair, random, version);
        }
        await RemoveAsync(pair, random);
    }

    private async Task<IReadOnlyList<string>> EffectiveOfBaseAsync(PostgresPair pair, RandomGrants random, int version)
    {
        await using var connection = await pair.OpenAsync(pair.Base, pair.PasswordOf(pair.Base), _stop);
        return await EffectiveRights.ReadAsync(connection, version, [.. random.Groups], inherit: false, _stop);
    }

    /// <summary>What the base's sessions may do acting as the owner role: all that they did as the base.</summary>
    private static void ShouldKeep(IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        string[] rights = ["table ", "column ", "sequence ", "routine ", "type ", "schema ", "database ", "tablespace ", "wrapper ",
            "server ", "language ", "parameter ", "large object "];
        // A refused read that is let through now is a matter of the owner role's own rights.
        before.Where(line => !line.EndsWith("42501", StringComparison.Ordinal))
            .Where(line => rights.Any(kind => line.StartsWith(kind, StringComparison.Ordinal))).Except(after).ShouldBeEmpty();
    }

    private async Task ShouldBeEqualAsync(PostgresPair pair, RandomGrants random, int version)
    {
        // Before version 16 a clone that is a member has to inherit, whatever its base does.
        var inherit = random.HasOwnerRole || version >= 16;
        foreach (var database in (string[])["postgres", GrantWorld.OtherDatabase])
        {
            var both = new List<IReadOnlyList<string>>();
            foreach (var user in (string[])[pair.Base, pair.Twin])
            {
                await using var connection = await pair.OpenAsync(user, _stop, database);
                both.Add(await EffectiveRights.ReadAsync(connection, version, [.. random.Groups], inherit, _stop));
            }
            var lacks = both[0].Except(both[1]).ToList();
            var excess = both[1].Except(both[0]).ToList();
            (lacks.Count + excess.Count).ShouldBe(0,
                $"{(random.HasOwnerRole ? "owner role" : "member")}, {database}\nclone lacks:\n{string.Join('\n', lacks)}\n"
                    + $"clone has too much:\n{string.Join('\n', excess)}");
        }
    }

    private async Task RunAsync(PostgresPair pair, IEnumerable<string> statements)
    {
        var sql = string.Join(";\n", statements);
        if (sql.Length > 0) await pair.SuperAsync(sql, _stop);
    }

    private async Task RemoveAsync(PostgresPair pair, RandomGrants random)
    {
        string[] roles = [pair.Base, pair.Twin, .. random.HasOwnerRole ? [random.OwnerRole] : Array.Empty<string>(), .. random.Groups];
        // One at a time: the server stumbles over default privileges that two of the roles appear in.
        var drops = roles.Select(role => $"DROP OWNED BY {Q(role)} CASCADE").ToList();
        foreach (var drop in drops) await pair.SuperAsync(drop, _stop, GrantWorld.OtherDatabase);
        foreach (var drop in drops) await pair.SuperAsync(drop, _stop);
        await pair.SuperAsync($"DROP ROLE {string.Join(", ", roles.Select(Q))}", _stop);
    }

    private static string Q(string name) => PostgresPair.Quoted(name);
}
