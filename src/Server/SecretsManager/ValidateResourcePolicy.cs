using Rekey.Server.Authorization;
using Rekey.Server.Protocols;
using Rekey.Server.Storage;

namespace Rekey.Server.SecretsManager;

internal sealed record ValidateResourcePolicyRequest
{
    /// <summary>The secret that the policy is for; absent: any of the caller's account and region.</summary>
    public string? SecretId { get; init; }

    /// <summary>1 to 20,480 characters of JSON.</summary>
    public required string ResourcePolicy { get; init; }
}

internal sealed record ValidateResourcePolicyResponse
{
    public required bool PolicyValidationPassed { get; init; }

    /// <summary>Empty when the policy passed.</summary>
    public required IReadOnlyList<ValidationErrorsEntry> ValidationErrors { get; init; }
}

internal sealed record ValidationErrorsEntry
{
    public required string CheckName { get; init; }
    public required string ErrorMessage { get; init; }
}

/// <summary>
/// Tells everything that PutResourcePolicy with BlockPublicPolicy would refuse about a policy, without attaching it. Reads one snapshot.
/// The caller needs permission to put the policy too.
/// Errors: MalformedPolicyDocumentException (no JSON), ResourceNotFoundException, InvalidRequestException (marked for deletion).
/// Source: AWS API reference, ValidateResourcePolicy; docs/compatibility.md.
/// </summary>
internal sealed class ValidateResourcePolicy(IDatabase database)
    : IOperation<ValidateResourcePolicyRequest, ValidateResourcePolicyResponse>
{
    private const string PutAction = "secretsmanager:PutResourcePolicy";

    public ValueTask<ValidateResourcePolicyResponse> InvokeAsync(
        ValidateResourcePolicyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        SecretIdentifier? id = request.SecretId is { } secretId ? SecretIdentifier.Parse(secretId) : null;
        return ValueTask.FromResult(database.Read(session => Validate(session, request, context, id)));
    }

    private static ValidateResourcePolicyResponse Validate(
        Session session, ValidateResourcePolicyRequest request, RequestContext context, SecretIdentifier? id)
    {
        var put = context.ForPart(PutAction);
        var asPut = new PutResourcePolicyRequest { SecretId = request.SecretId ?? "", ResourcePolicy = request.ResourcePolicy };
        var secret = id is { } known ? DemandBoth(session, context, put, known, asPut) : null;
        if (id is null)
        {
            Authorizer.Demand(context);
            Authorizer.Demand(put);
        }
        var findings = ResourcePolicyCheck.Run(request.ResourcePolicy, secret, put, request.SecretId).ToList();
        if (findings is [{ IsUnreadable: true } unreadable]) throw SecretsManagerErrors.MalformedPolicy(unreadable.Message);
        return new ValidateResourcePolicyResponse
        {
            PolicyValidationPassed = findings.Count == 0,
            ValidationErrors = findings.ConvertAll(finding => new ValidationErrorsEntry
            {
                CheckName = $"{finding.Check}Check",
                ErrorMessage = finding.Message,
            }),
        };
    }

    private static Secret DemandBoth(
        Session session, RequestContext context, RequestContext put, SecretIdentifier id, PutResourcePolicyRequest asPut)
    {
        SecretAccess.Find(session, context, id);
        return SecretAccess.DemandReadable(session, put, id, asPut);
    }
}
