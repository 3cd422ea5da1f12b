namespace Rekey.Server.Authorization.Policies;

/// <summary>The small rules of ARNs that policies need.</summary>
internal static class AwsArn
{
    private const int AccountDigits = 12;

    /// <summary><c>aws</c>, or one of its kin such as <c>aws-cn</c>.</summary>
    public static bool IsPartition(ReadOnlySpan<char> text) =>
        text is "aws" || (text.StartsWith("aws-") && text.Length > 4 && !text[4..].ContainsAnyExcept(s_partitionChars));

    public static bool IsAccount(ReadOnlySpan<char> text) => text.Length == AccountDigits && !text.ContainsAnyExceptInRange('0', '9');

    private static readonly System.Buffers.SearchValues<char> s_partitionChars =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz-");
}
