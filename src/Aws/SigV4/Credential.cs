namespace Rekey.Aws.SigV4;

/// <summary>
/// The parts of <c>keyid/date/region/service/terminator</c> as a request names them; nothing about them has been checked.
/// </summary>
public readonly ref struct Credential
{
    private Credential(ReadOnlySpan<char> text, scoped ReadOnlySpan<Range> parts)
    {
        AccessKeyId = text[parts[0]];
        Scope = text[parts[1].Start..];
        Date = text[parts[1]];
        Region = text[parts[2]];
        Service = text[parts[3]];
        Terminator = text[parts[4]];
    }

    public ReadOnlySpan<char> AccessKeyId { get; }

    /// <summary>Everything after the access key id: the third line of the string to sign.</summary>
    public ReadOnlySpan<char> Scope { get; }

    public ReadOnlySpan<char> Date { get; }

    public ReadOnlySpan<char> Region { get; }

    public ReadOnlySpan<char> Service { get; }

    public ReadOnlySpan<char> Terminator { get; }

    /// <summary>False unless there are exactly five parts.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Credential credential)
    {
        credential = default;
        Span<Range> parts = stackalloc Range[6];
        if (text.Split(parts, '/') != 5) return false;
        credential = new Credential(text, parts);
        return true;
    }
}
