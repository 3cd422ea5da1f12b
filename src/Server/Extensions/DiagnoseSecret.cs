using Rekey.Rotators;
using Rekey.Server.Protocols;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Native;
using Rekey.Server.Rotation.Upkeep;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Extensions;

internal sealed record DiagnoseSecretRequest
{
    public required string SecretId { get; init; }
}

internal sealed record DiagnoseSecretResponse
{
    public required string ARN { get; init; }
    public required List<HopEntry> Hops { get; init; }
    public required string Name { get; init; }
}

internal sealed record HopEntry
{
    public string? Cause { get; init; }
    public required string Detail { get; init; }
    public required string Hop { get; init; }
    public required bool Ok { get; init; }
    public string? Remedy { get; init; }
}

/// <summary>
/// Rekey's own: walks the way a rotation of the secret would take, from where it would run, without changing anything: value, resolve,
/// connect, tls, login, privileges, schedule. A hop on the way to the database that fails ends the walk to it; the schedule is told in any
/// case, and what failed between rotations. Logs in at most once, with AWSCURRENT. Errors: ResourceNotFoundException,
/// AccessDeniedException, InvalidRequestException (marked for deletion). Source: own, for the command line.
/// </summary>
internal sealed class DiagnoseSecret(IDatabase database, NativeInspection inspection, TimeProvider time)
    : IOperation<DiagnoseSecretRequest, DiagnoseSecretResponse>
{
    public async ValueTask<DiagnoseSecretResponse> InvokeAsync(
        DiagnoseSecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        var (secret, rotation, upkeep) = database.Read(session =>
        {
            var found = SecretAccess.DemandReadable(session, context, id);
            return (found, RotationRows.Find(session, found.Arn), UpkeepRows.Of(session, found.Arn));
        });

        var hops = new List<HopEntry>();
        await foreach (var hop in inspection.DiagnoseAsync(secret, cancellationToken)) hops.Add(Entry(hop));
        hops.Add(Entry(ScheduleHop.Of(secret, rotation, time.GetUtcNow())));
        hops.AddRange(upkeep.Select(UpkeepHop.Find).OfType<HopResult>().Select(Entry));
        return new DiagnoseSecretResponse { ARN = secret.Arn, Name = secret.Name, Hops = hops };
    }

    private static HopEntry Entry(HopResult hop) => new()
    {
        Hop = hop.Hop,
        Ok = hop.Ok,
        Detail = hop.Detail,
        Remedy = hop.Remedy,
        Cause = hop.Cause?.ToString(),
    };
}
