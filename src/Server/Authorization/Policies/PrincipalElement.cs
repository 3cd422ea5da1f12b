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
                _ => throw reader.Error(PolicyFault.UnknownElement, $"'{PolicyReader.Shown(type)}' is not a type of principal."),
            });
            reader.Leave();
        }
        if (principals.Count == 0) throw reader.Error(PolicyFault.MissingElement, $"{name} must not be empty.", start);
        return new PrincipalElement(isNegated, principals.DrainToImmutable());
    }
}
