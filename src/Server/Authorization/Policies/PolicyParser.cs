using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// The grammar of policies, strict: an element that is unknown, repeated, missing, of the wrong type or in the wrong kind of policy is an
/// error at its place. Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language".
/// </summary>
internal sealed class PolicyParser(PolicyKind kind)
{
    private static readonly SearchValues<char> s_sidChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    private readonly HashSet<string> _sids = new(StringComparer.Ordinal);
    private PolicyVersion _version;

    private bool HasPrincipals => kind is PolicyKind.Resource or PolicyKind.Trust;

    public PolicyDocument Parse(ReadOnlySpan<byte> text)
    {
        _version = PolicyReader.FindVersion(text);
        var reader = new PolicyReader(text);
        reader.Read();
        reader.DemandObject("A policy");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? id = null;
        ImmutableArray<PolicyStatement> statements = default;
        while (reader.ReadMember(seen) is { } name)
        {
            switch (name)
            {
                case "Version": _version = ReadVersion(ref reader); break;
                case "Id": id = reader.Text("Id"); break;
                case "Statement": statements = ReadStatements(ref reader); break;
                default: throw Unknown(ref reader, name);
            }
            reader.Leave();
        }
        if (statements.IsDefault) throw reader.Error(PolicyFault.MissingElement, "The policy has no Statement.", 0);
        reader.ReadEnd();
        return new PolicyDocument(kind, _version, id, statements);
    }

    private ImmutableArray<PolicyStatement> ReadStatements(ref PolicyReader reader)
    {
        if (reader.Token == JsonTokenType.StartObject) return [ReadStatement(ref reader, 0)];
        if (reader.Token != JsonTokenType.StartArray) throw reader.WrongType("Statement", "an object or an array of objects");
        var statements = ImmutableArray.CreateBuilder<PolicyStatement>();
        while (reader.ReadElement(statements.Count)) statements.Add(ReadStatement(ref reader, statements.Count));
        if (statements.Count == 0) throw reader.Error(PolicyFault.MissingElement, "Statement must not be empty.");
        return statements.DrainToImmutable();
    }

    private PolicyStatement ReadStatement(ref PolicyReader reader, int index)
    {
        reader.DemandObject("A statement");
        var start = reader.Offset;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? sid = null;
        PolicyEffect? effect = null;
        PrincipalElement? principals = null;
        ActionElement? actions = null;
        ResourceElement? resources = null;
        ImmutableArray<PolicyCondition> conditions = [];
        while (reader.ReadMember(seen) is { } name)
        {
            switch (name)
            {
                case "Sid": sid = ReadSid(ref reader); break;
                case "Effect": effect = ReadEffect(ref reader); break;
                case "Principal" or "NotPrincipal" when HasPrincipals:
                    DemandOne(ref reader, seen, "Principal");
                    principals = PrincipalElement.Read(ref reader, name);
                    break;
                case "Action" or "NotAction":
                    DemandOne(ref reader, seen, "Action");
                    actions = ActionElement.Read(ref reader, name);
                    break;
                case "Resource" or "NotResource" when kind != PolicyKind.Trust:
                    DemandOne(ref reader, seen, "Resource");
                    resources = ResourceElement.Read(ref reader, name, _version);
                    break;
                case "Condition": conditions = PolicyCondition.ReadAll(ref reader, _version); break;
                default: throw Unknown(ref reader, name);
            }
            reader.Leave();
        }
        if (effect is null) throw Missing(ref reader, "Effect", start);
        if (actions is null) throw Missing(ref reader, "Action or NotAction", start);
        if (principals is null && HasPrincipals) throw Missing(ref reader, "Principal or NotPrincipal", start);
        if (resources is null && kind != PolicyKind.Trust) throw Missing(ref reader, "Resource or NotResource", start);
        return new PolicyStatement(index, sid, effect.Value, principals, actions, resources, conditions);
    }

    private static PolicyVersion ReadVersion(ref PolicyReader reader) => reader.Text("Version") switch
    {
        "2008-10-17" => PolicyVersion.V2008,
        "2012-10-17" => PolicyVersion.V2012,
        _ => throw reader.Error(PolicyFault.InvalidValue, "Version must be 2012-10-17 or 2008-10-17."),
    };

    private static PolicyEffect ReadEffect(ref PolicyReader reader) => reader.Text("Effect") switch
    {
        "Allow" => PolicyEffect.Allow,
        "Deny" => PolicyEffect.Deny,
        _ => throw reader.Error(PolicyFault.InvalidValue, "Effect must be Allow or Deny."),
    };

    /// <summary>
    /// IAM allows letters and digits. Services are freer with policies of their resources: printable ASCII there. An empty Sid is none.
    /// </summary>
    private string ReadSid(ref PolicyReader reader)
    {
        var sid = reader.Text("Sid");
        if (kind == PolicyKind.Resource)
        {
            if (sid.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                throw reader.Error(PolicyFault.InvalidValue, "Sid must consist of printable ASCII characters.");
        }
        else if (sid.AsSpan().ContainsAnyExcept(s_sidChars))
        {
            throw reader.Error(PolicyFault.InvalidValue, "Sid must consist of ASCII letters and digits.");
        }
        if (sid.Length > 0 && !_sids.Add(sid))
            throw reader.Error(PolicyFault.Duplicate, $"The Sid '{EchoedText.Shown(sid)}' is used by two statements.");
        return sid;
    }

    private static void DemandOne(ref PolicyReader reader, HashSet<string> seen, string name)
    {
        if (seen.Contains(name) && seen.Contains("Not" + name))
            throw reader.ErrorInName(PolicyFault.ExclusiveElements, $"A statement must not have both {name} and Not{name}.");
    }

    private static PolicySyntaxException Missing(ref PolicyReader reader, string name, int start) =>
        reader.Error(PolicyFault.MissingElement, $"The statement has no {name}.", start);

    private PolicySyntaxException Unknown(ref PolicyReader reader, string name) => reader.ErrorInName(
        PolicyFault.UnknownElement,
        $"'{EchoedText.Shown(name)}' is not an element that {Described} may have here.");

    private string Described => kind switch
    {
        PolicyKind.Resource => "a resource policy",
        PolicyKind.Trust => "a trust policy",
        _ => "an identity-based policy",
    };
}
