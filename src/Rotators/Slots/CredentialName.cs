using System.Buffers;

namespace Rekey.Rotators.Slots;

/// <summary>The syntax of a credential's id, which stands in addresses, messages and the journal.</summary>
internal static class CredentialName
{
    private const int LengthMax = 128;

    private static readonly SearchValues<char> s_characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>Up to 128 letters, digits, hyphens, underscores and dots, of which none is the first.</summary>
    public static bool IsValid(string id) =>
        id.Length is > 0 and <= LengthMax && id[0] != '.' && !id.AsSpan().ContainsAnyExcept(s_characters);
}
