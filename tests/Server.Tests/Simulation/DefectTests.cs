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
    public void W3_RefusedLoginsThatNobodyCounts_AreFound() => Finds(new Defects.Of((rotator, _) => new Defects.Uncounted(rotator)), "P9");

    [Fact]
    public void W4_OldPasswordRetiredBeforePromotion_IsFound() =>
        Finds(new Defects.Of((rotator, _) => new Defects.RetiresEarly(rotator)), "V4");

    [Fact]
    public void V1_PasswordThatIsNotStoredFirst_IsFound() =>
        Finds(new Defects.OfPasswords(passwords => new Defects.StoresLater(passwords)), "V1");

    [Fact]
    public void W10_RotationsOfOneAccountAtOnce_AreFound() =>
        Finds(new Defects.OfTarget((target, _) => new Defects.Unlocked(target)), "P8");

    [Fact]
    public void W11_OtherServer_IsFound() => Finds(new Defects.AnyServer(), "P11");

    [Fact]
    public void V2_PendingValueThatIsMadeAnew_IsFound() =>
        Finds(new Defects.OfTarget((target, node) => new Defects.ForgetsPending(target, node)), "V2");

    [Fact]
    public void V3_PreviousThatIsNotTheVersionReplaced_IsFound() =>
        Finds(new Defects.OfTarget((target, node) => new Defects.MislaysPrevious(target, node)), "V3");

    [Fact]
    public void V11_ChangeBeforeItsIntent_IsFound() => Finds(new Defects.OfTarget((target, _) => new Defects.SetsEarly(target)), "V11");

    [Fact]
    public void V4_OldPasswordNotKept_IsFound() => Finds(new Defects.OfPasswords(passwords => new Defects.KeepsNothing(passwords)), "V4");

    [Fact]
    public void V4_PromotionBeforeTheTest_IsFound() =>
        Finds(new Defects.OfTarget((target, _) => new Defects.PromotesFirst(target)), "V4", "P3");

    [Fact]
    public void V8_PasswordInAMessage_IsFound() => Finds(new Defects.Of((rotator, _) => new Defects.Talks(rotator)), "V8");

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
