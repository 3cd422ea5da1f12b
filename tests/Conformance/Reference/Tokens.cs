namespace Rekey.Conformance.Reference;

/// <summary>ClientRequestToken: section 5 of the specification.</summary>
internal static class Tokens
{
    private const string Missing = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";

    public static string Demand(Call call) => call.Text("ClientRequestToken")
        ?? throw (call.Operation == "RotateSecret" ? Refusal.Parameter(Missing) : Refusal.Request(Missing));

    /// <summary>True for a repeat of the same value; throws for another value; false when the token has no value yet.</summary>
    public static bool IsRepeat(KnownSecret secret, string token, (string Member, string Value) value)
    {
        if (secret.Version(token)?.Value is not { } stored) return false;
        return stored == value ? true : throw Refusal.Exists(InUse(secret, token));
    }

    public static string InUse(KnownSecret secret, string token) =>
        $"You can't use ClientRequestToken {token} because that value is already in use for a version of secret {secret.Arn}.";
}
