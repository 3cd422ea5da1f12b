using Rekey.Server.Protocols;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Extensions;

internal sealed record GetRotationSettingsRequest
{
    public required string SecretId { get; init; }
}

internal sealed record RotationSettingsResponse
{
    public required string ARN { get; init; }
    public required string Name { get; init; }

    /// <summary>All of them, those with their defaults too.</summary>
    public required RotationSettingsEntry Settings { get; init; }

    /// <summary>The superuser secret bound by RotateSecret; absent for none.</summary>
    public string? SuperuserARN { get; init; }

    /// <summary>The server that rotation is held to; absent before the first rotation.</summary>
    public PinnedTargetEntry? Target { get; init; }

    public static RotationSettingsResponse Of(Secret secret, RotationConfiguration configuration) => new()
    {
        ARN = secret.Arn,
        Name = secret.Name,
        Settings = RotationSettingsEntry.Of(configuration.Settings),
        SuperuserARN = configuration.SuperuserArn,
        Target = PinnedTargetEntry.Of(configuration),
    };
}

/// <summary>
/// Rekey's own: how a secret is rotated beyond what RotateSecret says, and what its rotation is bound to.
/// Reads one snapshot. Errors: ResourceNotFoundException, AccessDeniedException. Source: own, for the command line.
/// </summary>
internal sealed class GetRotationSettings(IDatabase database) : IOperation<GetRotationSettingsRequest, RotationSettingsResponse>
{
    public ValueTask<RotationSettingsResponse> InvokeAsync(
        GetRotationSettingsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var id = SecretIdentifier.Parse(request.SecretId);
        return ValueTask.FromResult(database.Read(session =>
        {
            var secret = SecretAccess.Demand(session, context, id);
            return RotationSettingsResponse.Of(secret, RotationConfigurations.Of(session, secret.Arn));
        }));
    }
}
