using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Native;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Extensions;

internal sealed record PlanRotationRequest
{
    public required string SecretId { get; init; }
}

internal sealed record PlanRotationResponse
{
    public required string ARN { get; init; }

    /// <summary>In what the next user differs from its base, for people; empty without a pair.</summary>
    public required IReadOnlyList<string> Differences { get; init; }
    public required string Name { get; init; }

    /// <summary>What would be sent to the target, in order, values masked.</summary>
    public required IReadOnlyList<string> Statements { get; init; }

    /// <summary>Whose password would change.</summary>
    public required string Username { get; init; }
}

/// <summary>
/// Rekey's own: what a rotation of the secret would do now. Logs in with AWSCURRENT, and with the bound superuser where there is one;
/// changes nothing. Takes at most as long as a step may. Errors: ResourceNotFoundException, AccessDeniedException, InvalidRequestException
/// (marked for deletion; the target or the stored value does not let a plan be made, with the class of the cause). Source: own, for the
/// command line.
/// </summary>
internal sealed class PlanRotation(
    IDatabase database, NativeInspection inspection, IOptions<RotationOptions> options, TimeProvider time)
    : IOperation<PlanRotationRequest, PlanRotationResponse>
{
    public async ValueTask<PlanRotationResponse> InvokeAsync(
        PlanRotationRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        var secret = database.Read(session => SecretAccess.DemandReadable(session, context, id));
        SecretAccess.DemandNoReplica(secret);
        var plan = await PlanAsync(secret, cancellationToken);
        return new PlanRotationResponse
        {
            ARN = secret.Arn,
            Name = secret.Name,
            Username = plan.Username,
            Differences = plan.Differences,
            Statements = plan.Statements,
        };
    }

    private async Task<RotationPlan> PlanAsync(Secret secret, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.StepTimeoutSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await inspection.PlanAsync(secret, either.Token);
        }
        catch (RotatorException failure)
        {
            throw RekeyErrors.NoPlan(failure);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw RekeyErrors.NoPlanInTime(options.Value.StepTimeoutSeconds);
        }
    }
}
