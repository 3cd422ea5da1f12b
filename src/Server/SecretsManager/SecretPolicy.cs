using Rekey.Server.Authorization;
using Rekey.Server.Authorization.Policies;
using Rekey.Server.Protocols;

namespace Rekey.Server.SecretsManager;

/// <summary>A secret's resource policy, parsed, with the secret that its conditions may ask about. Immutable.</summary>
internal sealed class SecretPolicy
{
    /// <summary>What a character of a policy takes in memory, estimated: the text, and some four times that for what was parsed.</summary>
    private const int BytesPerCharacter = 10;

    private readonly PolicyDocument _document;
    private readonly Secret _secret;

    private SecretPolicy(Secret secret)
    {
        _document = Attached(Parse(secret.ResourcePolicy!));
        // A cached policy need not hold the versions.
        _secret = secret with { Versions = [] };
    }

    public int ByteCount => BytesPerCharacter * _secret.ResourcePolicy!.Length;

    /// <summary>Null when there is no secret, or it has no policy.</summary>
    public static SecretPolicy? Of(Secret? secret) => secret?.ResourcePolicy is null ? null : new SecretPolicy(secret);

    /// <exception cref="PolicySyntaxException">The text is no resource policy.</exception>
    public static PolicyDocument Parse(string text) => PolicyDocument.Parse(text, PolicyKind.Resource);

    /// <summary>Throws AccessDeniedException when the policy denies the context's action.</summary>
    /// <param name="secretId">As the caller wrote it.</param>
    /// <param name="keys">Those of the request.</param>
    public void Demand(RequestContext context, string secretId, ContextKeys keys) =>
        Authorizer.DemandNotDenied(context, _document, _secret.Arn, secretId, ConditionKeys.AddSecret(keys, _secret));

    /// <summary>
    /// A resource that could mean the secret when the policy was put means the secret: a replica, and what it is promoted to, have another
    /// region in their ARN. Source: AWS Secrets Manager User Guide, "Resource-based policies".
    /// </summary>
    private static PolicyDocument Attached(PolicyDocument policy) =>
        new(policy.Kind, policy.Version, policy.Id, [.. policy.Statements.Select(Attached)]);

    private static PolicyStatement Attached(PolicyStatement statement)
    {
        var meansSecret = statement.Resources is { IsNegated: false } resources && resources.Patterns.Any(pattern => !pattern.HasVariables);
        return new PolicyStatement(
            statement.Index, statement.Sid, statement.Effect, statement.Principals, statement.Actions,
            meansSecret ? null : statement.Resources, statement.Conditions);
    }
}
