using System.Collections.Immutable;
using System.Text.Json;

namespace Rekey.Server.Authorization.Policies;

/// <summary>Principal or NotPrincipal: whom a statement concerns.</summary>
internal sealed class PrincipalElement(bool isNegated, ImmutableArray<PolicyPrincipal> principals)
{
    public bool IsNegated { get; } = isNegated;

    /// <summary>At least one, in the policy's order.</summary>
    public ImmutableArray<PolicyPrincipal> Principals { get; } = principals;

    public static PrincipalElement Read(ref PolicyReader reader, string name)
    {
        var isNegated = name == "NotPrincipal";
        if (reader.Token == JsonTokenType.String)
        {
            return reader.Text(name) == "*"
                ? new PrincipalElement(isNegated, [PolicyPrincipal.Everyone])
                : throw reader.Error(PolicyFault.Principal, $"{name} must be \"*\" or an object such as {{\"AWS\": …}}.");
        }
        if (reader.Token != JsonTokenType.StartObject) throw reader.WrongType(name, "\"*\" or an object");
        var start = reader.Offset;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var principals = ImmutableArray.CreateBuilder<PolicyPrincipal>();
        while (reader.ReadMember(seen) is { } type)
        {
            principals.AddRange(type switch
            {
                "AWS" => reader.ReadList(type, PolicyPrincipal.ParseAws),
                "Service" => reader.ReadList(type, PolicyPrincipal.ParseService),
                "Federated" => reader.ReadList(type, PolicyPrincipal.ParseFederated),
                "CanonicalUser" => reader.ReadList(type, PolicyPrincipal.ParseCanonicalUser),
                _ => throw reader.ErrorInName(PolicyFault.UnknownElement, $"'{EchoedText.Shown(type)}' is not a type of principal."),
            });
            reader.Leave();
        }
        if (principals.Count == 0) throw reader.Error(PolicyFault.MissingElement, $"{name} must not be empty.", start);
        return new PrincipalElement(isNegated, principals.DrainToImmutable());
    }

    /// <summary>Whether the statement concerns the caller, and how it names them.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="effect">The statement's: an exception from a grant is read widely, an exception from a denial narrowly.</param>
    /// <param name="hasBoundary">Whether the caller has a permissions boundary.</param>
    public PrincipalMatch Match(PolicyCaller caller, PolicyEffect effect, bool hasBoundary)
    {
        if (IsNegated)
        {
            var isExcepted = effect == PolicyEffect.Allow ? Named(caller) != PrincipalMatch.None : !hasBoundary && NamesAllOf(caller);
            return isExcepted ? PrincipalMatch.None : PrincipalMatch.Direct;
        }
        return Named(caller);
    }

    private PrincipalMatch Named(PolicyCaller caller)
    {
        var best = PrincipalMatch.None;
        foreach (var principal in Principals)
        {
            var match = principal.Match(caller);
            if (match > best) best = match;
        }
        return best;
    }

    /// <summary>
    /// NotPrincipal with Deny spares a caller only when it names the account, the role and the session, or the account and the user; and
    /// nobody who has a permissions boundary. Source: Guide, "AWS JSON policy elements: NotPrincipal" and "Permissions boundaries".
    /// </summary>
    private bool NamesAllOf(PolicyCaller caller)
    {
        var named = Named(caller);
        if (Principals.Any(principal => principal.Form == PrincipalForm.Everyone) || caller.Account.Length == 0)
            return named != PrincipalMatch.None;
        var account = Principals.Any(principal => principal.Match(caller) == PrincipalMatch.Account);
        if (caller.Kind == CallerKind.AccountRoot) return account;
        var entity = !caller.IsSession || Principals.Any(principal => principal.Match(caller) == PrincipalMatch.Entity);
        return account && entity && named == PrincipalMatch.Direct;
    }
}

/// <summary>How a statement names a caller, from not at all to by themselves.</summary>
internal enum PrincipalMatch
{
    None,

    /// <summary>By their account, which may grant to its identities what it was granted.</summary>
    Account,

    /// <summary>By the role of their session, or the user behind it.</summary>
    Entity,

    /// <summary>By their own name, or as one of everybody.</summary>
    Direct,
}
