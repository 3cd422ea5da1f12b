using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Simulation;

/// <summary>The simulator is sharp: it finds each defect that is put in, by the invariant that the defect breaks.</summary>
public sealed class DefectTests
{
    /// <summary>Runs in which a defect has to be found.</summary>
    private const int RunsMax = 60;

    [Fact]
    public void W1_HalfBuiltClone_ThatLogsIn_IsFound() =>
        Finds(new Defects.Of((rotator, engine) => new Defects.PasswordFirst(rotator, engine)), "P11", "V10");

    [Fact]
    public void W2_RightsSetOnlyOnce_AreFound() => Finds(new Defects.Of((rotator, _) => new Defects.RightsOnce(rotator)), "P11", "V7");

    [Fact]
    public void W3_RefusedLoginsWithoutEnd_AreFound() =>
        Finds(new Defects.Of((rotator, _) => new Defects.RefusalsPass(rotator)), "P9");

    [Fact]
    public void W4_OldPasswordRetiredBeforePromotion_IsFound() =>
        Finds(new Defects.Of((rotator, _) => new Defects.RetiresEarly(rotator)), "V4");

    [Fact]
    public void W8_PasswordThatIsNotStoredFirst_IsFound() =>
        Finds(new Defects.OfPasswords(passwords => new Defects.StoresLater(passwords)), "V1");

    [Fact]
    public void W10_RotationsOfOneAccountAtOnce_AreFound() =>
        Finds(new Defects.OfTarget((target, _) => new Defects.Unlocked(target)), "P8");

    [Fact]
    public void W12_OtherServer_IsFound() => Finds(new Defects.AnyServer(), "P11");

    [Fact]
    public void OldPasswordNotKept_IsFound() => Finds(new Defects.OfPasswords(passwords => new Defects.KeepsNothing(passwords)), "V4");

    [Fact]
    public void PromotionBeforeTheTest_IsFound() =>
        Finds(new Defects.OfTarget((target, _) => new Defects.PromotesFirst(target)), "V4", "P3");

    [Fact]
    public void PasswordInAMessage_IsFound() => Finds(new Defects.Of((rotator, _) => new Defects.Talks(rotator)), "V8");

    private static void Finds(SimulationSetup setup, params string[] invariants)
    {
        var found = new List<string>();
        for (var seed = 1; seed <= RunsMax; seed++)
        {
            using var simulation = new Simulation(seed, setup);
            try
            {
                simulation.Run();
            }
            catch (SimulationException failure)
            {
                found.AddRange(failure.Violations);
                if (failure.Violations.Any(violation => invariants.Any(name => violation.StartsWith(name + ":", StringComparison.Ordinal))))
                    return;
            }
        }
        found.ShouldBe(["none of " + string.Join(", ", invariants)]);
    }
}
