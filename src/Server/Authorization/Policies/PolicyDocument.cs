using System.Collections.Immutable;
using System.Text;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// A policy, parsed once and then immutable: statements and their parts stand in the order in which they were written.
/// Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language".
/// </summary>
internal sealed class PolicyDocument(PolicyKind kind, PolicyVersion version, string? id, ImmutableArray<PolicyStatement> statements)
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public PolicyKind Kind { get; } = kind;

    public PolicyVersion Version { get; } = version;

    public string? Id { get; } = id;

    /// <summary>At least one.</summary>
    public ImmutableArray<PolicyStatement> Statements { get; } = statements;

    /// <summary>Parses UTF-8 text. Anything that is no policy of this kind is a <see cref="PolicySyntaxException"/>.</summary>
    public static PolicyDocument Parse(ReadOnlySpan<byte> utf8, PolicyKind kind) => new PolicyParser(kind).Parse(utf8);

    /// <summary>As above; a lone surrogate in the text is a syntax error like any other.</summary>
    public static PolicyDocument Parse(string text, PolicyKind kind) => Parse(ToBytes(text), kind);

    private static byte[] ToBytes(string text)
    {
        try
        {
            return s_strict.GetBytes(text);
        }
        catch (EncoderFallbackException broken)
        {
            // What cannot be encoded becomes a byte that UTF-8 does not have, so that the reader tells where it stands.
            return [.. s_strict.GetBytes(text[..broken.Index]), 0xFF];
        }
    }
}

/// <summary>What a policy is attached to; with it, which elements it must and must not have, and how decisions are combined.</summary>
internal enum PolicyKind
{
    /// <summary>Attached to a user, group or role: no Principal.</summary>
    Identity,

    /// <summary>The most that identity policies can grant: no Principal.</summary>
    Boundary,

    /// <summary>Given when a session was made: no Principal.</summary>
    Session,

    /// <summary>Attached to a resource: Principal and Resource required.</summary>
    Resource,

    /// <summary>Who may assume a role: Principal required, Resource forbidden.</summary>
    Trust,
}

/// <summary>The version of the policy language. Variables exist in the newer one only.</summary>
internal enum PolicyVersion
{
    /// <summary>2008-10-17, and the default.</summary>
    V2008,

    /// <summary>2012-10-17.</summary>
    V2012,
}
