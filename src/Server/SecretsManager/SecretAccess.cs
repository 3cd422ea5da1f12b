using Rekey.Server.Authorization;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

/// <summary>How every operation on one secret begins: authorisation, then existence, then state, in AWS's order.</summary>
internal static class SecretAccess
{
    /// <summary>
    /// The secret, also one that is scheduled for deletion. Throws AccessDeniedException before ResourceNotFoundException: a caller without
    /// permission does not learn what exists.
    /// </summary>
    /// <param name="request">The request, where it has members that conditions of a policy may ask for.</param>
    public static Secret Demand(Session session, RequestContext context, SecretIdentifier id, object? request = null) =>
        Find(session, context, id, request) ?? throw SecretsManagerErrors.SecretNotFound();

    /// <summary>The secret, or null when the caller may know that there is none.</summary>
    /// <inheritdoc cref="Demand"/>
    public static Secret? Find(Session session, RequestContext context, SecretIdentifier id, object? request = null)
    {
        var secret = SecretStore.Find(session, context.Account, context.Region, id);
        Authorizer.Demand(context, ResourceArn(id, secret?.Arn), id.Text);
        if (secret is not null) DemandStill(session, context, id, secret, request);
        return secret;
    }

    /// <summary>The secret for an operation that reads: InvalidRequestException when it is scheduled for deletion.</summary>
    public static Secret DemandReadable(Session session, RequestContext context, SecretIdentifier id, object? request = null)
    {
        var secret = Demand(session, context, id, request);
        if (secret.IsScheduledForDeletion && !MayWorkOnDeleted(context)) throw SecretsManagerErrors.MarkedForDeletion();
        return secret;
    }

    /// <summary>The secret for an operation that changes it: the same, and InvalidParameterException for a replica.</summary>
    public static Secret DemandWritable(Session session, RequestContext context, SecretIdentifier id, object? request = null)
    {
        var secret = DemandReadable(session, context, id, request);
        DemandNoReplica(secret);
        return secret;
    }

    /// <summary>
    /// Throws AccessDeniedException when the secret's policy would deny the caller the same call on the secret as changed: nobody takes
    /// its own access away by a tag.
    /// </summary>
    public static void DemandStill(Session session, RequestContext context, SecretIdentifier id, Secret changed, object? request)
    {
        if (SecretPolicy.Of(changed) is { } policy)
            policy.Demand(context, id.Text, ConditionKeys.OfRequest(session, context, id.Text, request));
    }

    /// <summary>A replica is changed through its primary alone: InvalidParameterException.</summary>
    public static void DemandNoReplica(Secret secret)
    {
        if (secret.IsReplica) throw SecretsManagerErrors.NotOnReplica();
    }

    /// <summary>
    /// A rotation that had reached its target when the secret was deleted goes on to its end: stopped halfway, the secret would come back
    /// from RestoreSecret with a password that the target refuses.
    /// </summary>
    public static bool MayWorkOnDeleted(RequestContext context) => context.Lease is not null;

    /// <summary>What to authorise on. An ARN names its account even when nothing was found there.</summary>
    public static string? ResourceArn(SecretIdentifier id, string? foundArn) => foundArn ?? (id.Arn is null ? null : id.Text);
}
