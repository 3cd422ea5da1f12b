using System.Security.Cryptography;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Conformance.Storage;

/// <summary>The same requests in the same order get the same answers, whichever engine keeps the state.</summary>
public sealed class EngineEqualityTests(PostgresStore store, ITestOutputHelper output) : IClassFixture<PostgresStore>
{
    private const int Operations = 1500;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [1, 2, RandomNumberGenerator.GetInt32(3, int.MaxValue)];

    [Theory]
    [MemberData(nameof(Seeds), DisableDiscoveryEnumeration = true)]
    public async Task RandomOperations_AnswerAlikeOnBothEngines(int seed)
    {
        output.WriteLine($"seed {seed}");
        var database = await store.CreateDatabaseAsync(Stop);
        await using var sqlite = new ComparedServer(await TestServer.StartAsync(Stop));
        await using var postgres = new ComparedServer(await TestServer.StartAsync(new TestServerOptions { Database = database }, Stop));
        var operations = new RandomOperations(seed);
        var outcomes = new HashSet<(string Operation, bool IsSuccess)>();
        for (var i = 0; i < Operations; i++)
        {
            var operation = operations.Next();
            var expected = await sqlite.CallAsync(operation, Stop);
            var actual = await postgres.CallAsync(operation, Stop);
            actual.ShouldBe(expected, $"operation {i}, {operation.Operation}: {operation.Request}");
            expected.ShouldNotStartWith("5", Case.Sensitive, $"operation {i}, {operation.Operation}: {operation.Request}");
            outcomes.Add((operation.Operation, expected.StartsWith("200", StringComparison.Ordinal)));
        }
        // Refusals alone would compare nothing: all fourteen operations were called, and all but the two of rotation were also served.
        outcomes.Select(outcome => outcome.Operation).Distinct().Count().ShouldBe(14);
        outcomes.Count(outcome => outcome.IsSuccess).ShouldBeGreaterThanOrEqualTo(12, string.Join(' ', outcomes.Order()));
        postgres.AuditCounts().ShouldBe(sqlite.AuditCounts());
    }
}
