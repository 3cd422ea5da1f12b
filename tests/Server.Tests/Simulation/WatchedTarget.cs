using Rekey.Aws;
using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Principals;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Tests.Simulation;

/// <summary>Tells the prober where a step begins.</summary>
internal sealed class WatchedTarget(IRotationTarget target, Simulation simulation) : IRotationTarget
{
    public IReadOnlyList<Principal> PrincipalsOf(Secret secret) => target.PrincipalsOf(secret);

    public async Task<StepReport> RunAsync(
        RotationStep step, RotationInProgress rotation, Secret secret, Sensitive rotationToken, CancellationToken cancellationToken)
    {
        var context = RunContext.Current!;
        context.Refused.Clear();
        context.BeganAt = simulation.StepNumber;
        simulation.Trace($"{context.Node.Name} {step.WireName()} {secret.Name} {simulation.NameOf(rotation.VersionId)} "
            + $"attempt {rotation.Attempt}");
        try
        {
            return await target.RunAsync(step, rotation, secret, rotationToken, cancellationToken);
        }
        catch (Exception exception)
        {
            var cause = (exception as RotatorException)?.Cause.ToString() ?? exception.GetType().Name;
            simulation.Trace($"{context.Node.Name} {step.WireName()} {secret.Name} fails, {cause}: {exception.Message}");
            throw;
        }
    }
}
