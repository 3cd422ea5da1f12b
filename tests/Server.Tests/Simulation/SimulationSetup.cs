using Rekey.Rotators;
using Rekey.Rotators.Strategies;
using Rekey.Server.Rotation;

namespace Rekey.Server.Tests.Simulation;

/// <summary>What runs in the simulation. The product as it is; a defect changes one part of it.</summary>
internal class SimulationSetup
{
    public static SimulationSetup Product { get; } = new();

    public virtual IDatabaseRotator SingleUser(SimulatedEngine engine, TimeProvider time) => new SingleUser(engine, engine, time);

    public virtual IDatabaseRotator AlternatingUsers(Simulation simulation, SimulatedEngine engine, TimeProvider time) =>
        new AlternatingUsers(SimulatedEngine.Kind, engine, engine, time);

    /// <summary>Whether servers at one address are told apart.</summary>
    public virtual bool TellsServersApart => true;

    public virtual IAccountPasswords Passwords(IAccountPasswords passwords) => passwords;

    public virtual IRotationTarget Target(IRotationTarget target, SimulatedNode node) => target;
}
