using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Server.Protocols;
using Rekey.Server.Protocols.Shapes;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>
/// Requests made from the service model, for each member of each served operation: around every constraint, of every other type, in odd
/// spellings. Each is sent signed to a real server and must be answered as the model and the specification say.
/// </summary>
public sealed class ModelCaseTests(ModelCaseTests.SamplesFixture fixture) : IClassFixture<ModelCaseTests.SamplesFixture>
{
    private const int RequestsAtOnce = 8;
    private const int FaultsShown = 20;

    /// <summary>Entries of a list that is to break more constraints than one answer names.</summary>
    private const int ManyEntries = 40;

    private TestServer Server => fixture.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IEnumerable<ModelCall> Served => Server.Services.GetRequiredService<OperationTable>().All
        .Where(operation => operation.Service == "secretsmanager").Select(operation => ModelOperations.All[operation.Name]);

    [Fact]
    public void EveryOperationOfTheModel_IsServed()
    {
        Served.Select(call => call.Name).Order().ShouldBe(ModelOperations.All.Keys.Order());
        ModelOperations.All.Count.ShouldBe(23);
    }

    [Fact]
    public Task EveryMember_IsHeldToItsShape() => AllAnswerAsync(Served.SelectMany(Singles));

    [Fact]
    public Task EveryPattern_TakesItsCharactersOnly() => AllAnswerAsync(Served.SelectMany(ModelSite.Of)
        .Where(site => site.Shape.Pattern is not null).SelectMany(ModelTexts.Sweep).Select(value => ModelCase.Of(value)));

    [Fact]
    public Task TwoFaults_AreToldTogetherInTheOrderOfTheRequest() => AllAnswerAsync(Served.SelectMany(Pairs));

    [Fact]
    public Task FaultsBeyondThirtyTwo_AreNotTold() => AllAnswerAsync(Served.SelectMany(ModelSite.Of)
        .Where(site => site.List is { Shape.Max: null } && site.Shape.Type == "structure").Select(Many));

    [Fact]
    public Task UnknownMembers_AreIgnored() => AllAnswerAsync(Served.SelectMany(Unknown));

    /// <summary>What is generated cannot become less without anybody noticing.</summary>
    [Fact]
    public void EveryMemberOfEveryServedOperation_HasItsCases()
    {
        string[] everywhere = ["null", "a number", "true", "an empty list", "an empty structure", "NaN", "deep lists"];
        var cases = Served.ToDictionary(call => call.Name, call => Singles(call).ToLookup(@case => @case.Site));
        foreach (var (operation, bySite) in cases)
        {
            var input = ServiceModel.Get("secretsmanager").Operation(operation).Input;
            bySite.Select(site => site.Key).Order().ShouldBe(SitesOf(input, prefix: "").Order());
            foreach (var site in bySite)
            {
                site.Count().ShouldBeGreaterThanOrEqualTo(40, $"{operation}.{site.Key}");
                everywhere.Count(what => site.Any(@case => @case.What == what)).ShouldBeGreaterThanOrEqualTo(6, $"{operation}.{site.Key}");
                site.Select(@case => @case.Verdict).Distinct().ShouldContain(Verdict.Malformed);
            }
        }
        cases.Values.Sum(bySite => bySite.Sum(site => site.Count())).ShouldBeGreaterThanOrEqualTo(2_500);
    }

    /// <summary>The two readings of the model are told apart from one: what must break does, what must not does not.</summary>
    [Fact]
    public void Cases_AreWhatTheyAreCalled()
    {
        var create = Singles(ModelOperations.All["CreateSecret"]).ToLookup(@case => (@case.Site, @case.What), @case => @case.Verdict);
        create[("Name", "missing")].ShouldBe([Verdict.Violates]);
        create[("Name", "512 characters")].ShouldBe([Verdict.Passes]);
        create[("Name", "513 characters")].ShouldBe([Verdict.Violates]);
        create[("ClientRequestToken", "31 characters")].ShouldBe([Verdict.Violates]);
        create[("ClientRequestToken", "32 characters")].ShouldBe([Verdict.Passes]);
        create[("Tags[].Key", "empty")].ShouldBe([Verdict.Violates]);
        create[("Tags[].Value", "empty")].ShouldBe([Verdict.Passes]);
        create[("AddReplicaRegions[].Region", "the sample")].ShouldBe([Verdict.Passes]);
        create[("AddReplicaRegions", "0 entries")].ShouldBe([Verdict.Violates]);
        create[("SecretBinary", "65536 bytes")].ShouldBe([Verdict.Passes]);
        create[("SecretBinary", "65537 bytes")].ShouldBe([Verdict.Violates]);
    }

    private static IEnumerable<ModelCase> Singles(ModelCall call) =>
        ModelSite.Of(call).SelectMany(ModelValues.Of).Select(value => ModelCase.Of(value));

    /// <summary>For each two members of a request a fault in each, in both orders; and a broken constraint before a wrong type.</summary>
    private static IEnumerable<ModelCase> Pairs(ModelCall call)
    {
        var faults = ModelSite.Of(call).SelectMany(ModelValues.Of).Where(value => value.Verdict == Verdict.Violates)
            .OrderBy(value => value.Raw?.Length).GroupBy(value => value.Site.Top).SelectMany(group => group.Take(2)).ToArray();
        foreach (var first in faults)
        {
            foreach (var second in faults.Where(value => value.Site.Top != first.Site.Top))
            {
                yield return ModelCase.Of(first, second);
                var misplaced = ModelValues.Malformed(second.Site, "misplaced", second.Site.Shape.Type == "structure" ? "7" : "{}");
                yield return ModelCase.Of(first, misplaced);
            }
        }
    }

    private static ModelCase Many(ModelSite element)
    {
        var broken = element.Shape.Members
            .Select(member => new ModelSite(element.Call, "", "", member.Shape, member, element.Top, null, raw => raw))
            .SelectMany(ModelValues.Of).First(value => value.Verdict == Verdict.Violates);
        var name = broken.Site.Member!.Name;
        var others = element.Shape.Members.Where(member => member != broken.Site.Member);
        var entry = ModelSamples.Structure(element.Call.Name, others, [(name, broken.Raw!)]);
        var path = char.ToLowerInvariant(name[0]) + name[1..];
        var texts = Enumerable.Range(1, ManyEntries)
            .SelectMany(number => broken.Violations.Select(
                text => text.Replace(" at ''", $" at '{element.List!.Path}.{number}.member.{path}'", StringComparison.Ordinal)));
        var raw = $"[{string.Join(',', Enumerable.Repeat(entry, ManyEntries))}]";
        return ModelCase.Of(new ModelValue(element.List!, "many faults", raw, Verdict.Violates, [.. texts]));
    }

    private static IEnumerable<ModelCase> Unknown(ModelCall call)
    {
        var first = ModelSite.Of(call).First();
        var right = ModelCase.Of(ModelValues.Passes(first, "right", ModelSamples.Of(call.Name, first.Shape)));
        var members = Encoding.UTF8.GetString(right.Body)[1..^1];
        foreach (var (what, raw) in ModelValues.UnknownMembers)
        {
            yield return right with { What = what + " at the end", Body = Encoding.UTF8.GetBytes($"{{{members},{raw}}}") };
            yield return right with { What = what + " at the start", Body = Encoding.UTF8.GetBytes($"{{{raw},{members}}}") };
        }
    }

    private static IEnumerable<string> SitesOf(Shape shape, string prefix) => shape.Element is { } element
        ? [prefix + "[]", .. SitesOf(element, prefix + "[]")]
        : shape.Members.Select(member => (member.Shape, Name: prefix.Length == 0 ? member.Name : $"{prefix}.{member.Name}"))
            .SelectMany(member => SitesOf(member.Shape, member.Name).Prepend(member.Name));

    private async Task AllAnswerAsync(IEnumerable<ModelCase> cases)
    {
        var faults = new ConcurrentBag<string>();
        var sent = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = Cancel };
        await Parallel.ForEachAsync(cases, parallel, async (@case, stop) =>
        {
            using var request = Server.JsonRequest($"secretsmanager.{@case.Operation}", @case.Body);
            var answer = await TestServer.SendAsync(Server.SecretsManager, request, stop);
            Interlocked.Increment(ref sent);
            if (ModelAnswers.FaultOf(@case, answer) is { } fault)
                faults.Add($"{@case}{Environment.NewLine}  {fault}; answered: {answer.Body[..Math.Min(answer.Body.Length, 500)]}");
        });
        sent.ShouldBeGreaterThan(0);
        faults.Count.ShouldBe(0, string.Join(Environment.NewLine, faults.Take(FaultsShown)));
    }

    /// <summary>A server with a secret for each operation.</summary>
    public sealed class SamplesFixture : IAsyncLifetime
    {
        public TestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await TestServer.StartAsync(CancellationToken.None);
            foreach (var operation in ModelOperations.All.Keys)
            {
                var name = ModelSamples.SecretOf(operation);
                var request = new { Name = name, SecretString = "sample", ClientRequestToken = new string('t', 40) };
                (await Server.CallAsync("CreateSecret", request, CancellationToken.None)).IsSuccess.ShouldBeTrue();
            }
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
