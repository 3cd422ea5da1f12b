using Rekey.Server.Tests.Fakes;
using Rekey.Server.Tests.Protocols;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Inputs by the million for every parser of requests. Nothing but the declared exceptions comes out of one, what it accepts keeps to the
/// limits and is the same once printed and read again, and the work does not outgrow the input.
/// </summary>
public sealed class FuzzTests(FrontDoorFixture fixture) : IClassFixture<FrontDoorFixture>
{
    private const int Seed = 20261120;
    private const int LongInputsMin = 5_000_000;

    /// <summary>Inputs of the run that belongs to every change, and of the long campaign: by what an input costs.</summary>
    private static readonly Dictionary<string, (int Short, int Long)> s_inputs = new()
    {
        ["json"] = (20_000, 1_000_000),
        ["form"] = (20_000, 800_000),
        ["authorization"] = (20_000, 700_000),
        ["presigned"] = (20_000, 700_000),
        ["signed request"] = (3_000, 300_000),
        ["secret id"] = (30_000, 1_000_000),
        ["schedule"] = (5_000, 300_000),
        ["page token"] = (3_000, 200_000),
        ["policy"] = (10_000, 500_000),
        ["settings"] = (500, 20_000),
    };

    public static TheoryData<string> Targets => [.. s_inputs.Keys];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Targets))]
    public Task Inputs_KeepTheProperties(string target) => Fuzzer.RunAsync(Target(target), Seed, s_inputs[target].Short, Cancel);

    [Theory(Explicit = true)]
    [MemberData(nameof(Targets))]
    public Task ManyInputs_KeepTheProperties(string target) => Fuzzer.RunAsync(Target(target), Seed + 1, s_inputs[target].Long, Cancel);

    [Fact]
    public void TheLongCampaign_HasFiveMillionInputs() =>
        s_inputs.Values.Sum(inputs => inputs.Long).ShouldBeGreaterThanOrEqualTo(LongInputsMin);

    /// <summary>Inputs that once broke a property, and whatever a failure says to replay.</summary>
    [Theory]
    [InlineData("settings", "52656B65793A526F746174696F6E3A557267656E74526574727944656C61795365636F6E64733D")] // a number that is empty
    [InlineData("settings", "52656B65793A526F746174696F6E3A436146696C653A436146696C653D74727565")] // a setting below another
    [InlineData("json", "47657453656372657456616C75650A7B22755C7564383030223A317D")] // half a character in a name
    [InlineData("json", "5570646174655365637265740A7B2253656372657442696E617279223A22787831323778783D227D")] // bits left over
    public void KnownInputs_KeepTheProperties(string target, string hex) => Target(target).Check(Convert.FromHexString(hex));

    [Theory]
    [MemberData(nameof(Targets))]
    public void CorpusAndGrammar_AreTakenInPart(string target)
    {
        var fuzzed = Target(target);
        fuzzed.Name.ShouldBe(target);
        foreach (var input in fuzzed.Corpus) fuzzed.Check(input);
        var mutator = new Mutator(fuzzed, new Random(Seed));
        var again = new Mutator(fuzzed, new Random(Seed));
        for (var input = 0; input < 100; input++) mutator.Next().ShouldBe(again.Next());
    }

    private FuzzTarget Target(string name) => name switch
    {
        "json" => new JsonTarget(fixture.Server.Services),
        "form" => new FormTarget(),
        "authorization" => new AuthorizationTarget(),
        "presigned" => new PresignedTarget(),
        "signed request" => new SignedRequestTarget(),
        "secret id" => new SecretIdTarget(),
        "schedule" => new ScheduleTarget(),
        "page token" => new PageTokenTarget(),
        "policy" => new PolicyTarget(),
        _ => new SettingsTarget(fixture.Server.Services),
    };
}
