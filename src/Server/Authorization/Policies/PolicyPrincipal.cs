using System.Buffers;
using Rekey.Aws;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// One principal of a policy. A wildcard may stand for everyone, never for a part of a name. <paramref name="Text"/> is as written;
/// <paramref name="Account"/> is null where the form has none.
/// Source: AWS IAM User Guide, "AWS JSON policy elements: Principal".
/// </summary>
internal sealed record PolicyPrincipal(PrincipalForm Form, string Text, string? Account = null)
{
    public static readonly PolicyPrincipal Everyone = new(PrincipalForm.Everyone, "*");

    private static readonly SearchValues<char> s_hostChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    private static readonly SearchValues<char> s_idChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private static readonly SearchValues<char> s_nameChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-/");

    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Everyone, an account, a user, a role, a session, or the unique id that AWS shows when what it named was deleted.</summary>
    public static PolicyPrincipal ParseAws(ref PolicyReader reader, string text)
    {
        if (text == "*") return Everyone;
        if (AwsArn.IsAccount(text)) return new PolicyPrincipal(PrincipalForm.Account, text, text);
        if (IsUniqueId(text)) return new PolicyPrincipal(PrincipalForm.UniqueId, text);
        if (text.AsSpan().ContainsAny('*', '?'))
            throw reader.Error(PolicyFault.Principal, "A wildcard may stand for everyone, but not for a part of a principal.");
        if (Arn.TryParse(text, out var arn) && AwsArn.IsPartition(arn.Partition) && arn.Region.Length == 0 && AwsArn.IsAccount(arn.Account)
            && FormOf(arn) is { } form)
        {
            return new PolicyPrincipal(form, text, arn.Account);
        }
        throw reader.Error(PolicyFault.Principal, $"'{EchoedText.Shown(text)}' is not a principal of AWS.");
    }

    public static PolicyPrincipal ParseService(ref PolicyReader reader, string text)
    {
        // The names of services end with amazonaws.com, in some partitions with more, in a few with another domain of AWS.
        if (!IsHost(text))
            throw reader.Error(PolicyFault.ServicePrincipal, $"'{EchoedText.Shown(text)}' is not the name of a service principal.");
        return new PolicyPrincipal(PrincipalForm.Service, text);
    }

    public static PolicyPrincipal ParseFederated(ref PolicyReader reader, string text)
    {
        var isProvider = Arn.TryParse(text, out var arn) && AwsArn.IsPartition(arn.Partition) && arn.Service == "iam"
            && arn.Region.Length == 0 && AwsArn.IsAccount(arn.Account)
            && (HasName(arn.Resource, "saml-provider/") || HasName(arn.Resource, "oidc-provider/"));
        if (!isProvider && !IsHost(text))
            throw reader.Error(PolicyFault.Principal, $"'{EchoedText.Shown(text)}' is not an identity provider.");
        return new PolicyPrincipal(PrincipalForm.Federated, text, isProvider ? arn.Account : null);
    }

    public static PolicyPrincipal ParseCanonicalUser(ref PolicyReader reader, string text)
    {
        const int Digits = 64;
        if (text.Length != Digits || text.AsSpan().ContainsAnyExcept(s_hexDigits))
            throw reader.Error(PolicyFault.Principal, $"A canonical user id has {Digits} hexadecimal digits.");
        return new PolicyPrincipal(PrincipalForm.CanonicalUser, text);
    }

    public PrincipalMatch Match(PolicyCaller caller) => Form switch
    {
        PrincipalForm.Everyone => PrincipalMatch.Direct,
        PrincipalForm.Account => Account == caller.Account ? PrincipalMatch.Account : PrincipalMatch.None,
        PrincipalForm.UniqueId => AsEntity(caller, caller.UniqueId),
        PrincipalForm.User or PrincipalForm.Role => AsEntity(caller, caller.EntityArn),
        PrincipalForm.RoleSession => caller.Kind == CallerKind.RoleSession ? AsSelf(caller) : PrincipalMatch.None,
        PrincipalForm.FederatedUser => caller.Kind == CallerKind.FederatedUser ? AsSelf(caller) : PrincipalMatch.None,
        PrincipalForm.Service => caller.Kind == CallerKind.Service ? AsSelf(caller) : PrincipalMatch.None,
        PrincipalForm.Federated => caller.Kind == CallerKind.FederatedIdentity ? AsSelf(caller) : PrincipalMatch.None,
        _ => PrincipalMatch.None, // Canonical users exist in object storage only.
    };

    private PrincipalMatch AsSelf(PolicyCaller caller) => Text == caller.Arn ? PrincipalMatch.Direct : PrincipalMatch.None;

    private PrincipalMatch AsEntity(PolicyCaller caller, string? name) =>
        Text != name ? PrincipalMatch.None : caller.IsSession ? PrincipalMatch.Entity : PrincipalMatch.Direct;

    private static PrincipalForm? FormOf(Arn arn) => arn.Service switch
    {
        "iam" when arn.Resource == "root" => PrincipalForm.Account,
        "iam" when HasName(arn.Resource, "user/") => PrincipalForm.User,
        "iam" when HasName(arn.Resource, "role/") => PrincipalForm.Role,
        "sts" when HasName(arn.Resource, "assumed-role/") && arn.Resource.Count('/') == 2 => PrincipalForm.RoleSession,
        "sts" when HasName(arn.Resource, "federated-user/") && arn.Resource.Count('/') == 1 => PrincipalForm.FederatedUser,
        _ => null,
    };

    private static bool IsHost(string text) =>
        text.Contains('.') && !text.AsSpan().ContainsAnyExcept(s_hostChars) && text.Split('.').All(label => label.Length > 0);

    private static bool HasName(string resource, string prefix) =>
        resource.StartsWith(prefix, StringComparison.Ordinal) && resource.Length > prefix.Length && resource[^1] != '/'
        && !resource.AsSpan(prefix.Length).ContainsAnyExcept(s_nameChars) && !resource.Contains("//", StringComparison.Ordinal);

    /// <summary>AIDA… for a user, AROA… for a role: Reference, "IAM identifiers".</summary>
    private static bool IsUniqueId(string text) =>
        text.Length is >= 16 and <= 128 && text[..4] is "AIDA" or "AROA" && !text.AsSpan().ContainsAnyExcept(s_idChars);
}

/// <summary>What a principal of a policy names.</summary>
internal enum PrincipalForm
{
    Everyone,

    /// <summary>Everybody in an account, as far as the account's own policies let them.</summary>
    Account,

    User,
    Role,
    RoleSession,
    FederatedUser,

    /// <summary>A user or a role by the id that outlives its name.</summary>
    UniqueId,

    Service,
    Federated,
    CanonicalUser,
}
