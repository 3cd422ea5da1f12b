using System.Text;

namespace Rekey.Server.Authorization.Policies;

/// <summary>
/// The ARN of a resource with wildcards, or <c>*</c> for all. Within the first five segments a wildcard stays in its segment, except that
/// a <c>*</c> at the end of one reaches beyond it; in the resource itself wildcards match colons as anything else. Case matters. Neither
/// the partition nor the service may have a wildcard, and variables may stand in the resource only.
/// Source: AWS IAM User Guide, "IAM JSON policy elements: Resource".
/// </summary>
internal sealed class ResourcePattern
{
    private const int ColonsBeforeResource = 5;

    private readonly string _head;
    private readonly TextPattern? _tail;
    private readonly string? _fixed;
    private readonly bool _staysInSegments;

    private ResourcePattern(string text, string head, TextPattern? tail)
    {
        Text = text;
        _head = head;
        _tail = tail;
        _staysInSegments = head.AsSpan().ContainsAny(Wildcards.SegmentRun, Wildcards.SegmentOne);
        if (tail is null) _fixed = head;
        else if (!tail.HasVariables) _fixed = head + tail.Resolve(ContextKeys.None);
    }

    /// <summary>As written.</summary>
    public string Text { get; }

    public bool HasVariables => _fixed is null;

    /// <param name="reader">Stands on the text.</param>
    /// <param name="text">As written.</param>
    /// <param name="version">Whether variables are known.</param>
    public static ResourcePattern Parse(ref PolicyReader reader, string text, PolicyVersion version)
    {
        if (text == "*") return new ResourcePattern(text, Wildcards.AnyRun.ToString(), null);
        if (!text.StartsWith("arn:", StringComparison.Ordinal))
            throw reader.Error(PolicyFault.InvalidValue, $"Resource {EchoedText.Shown(text)} must be in ARN format or \"*\".");
        if (Wildcards.AreIn(text)) throw reader.Error(PolicyFault.InvalidValue, "The text has a code point that is no character.");
        var headLength = HeadLength(text);
        var head = text[..headLength];
        var segments = head.Split(':');
        if (!AwsArn.IsPartition(segments[1]))
        {
            var (partition, resource) = (EchoedText.Shown(segments[1]), EchoedText.Shown(text));
            throw reader.Error(PolicyFault.InvalidValue, $"Partition \"{partition}\" is not valid for resource \"{resource}\".");
        }
        if (segments.Length < 4 || segments[2].Length == 0 || segments[2].AsSpan().ContainsAny('*', '?', '$'))
            throw reader.Error(PolicyFault.InvalidValue, "Resource vendor must be fully qualified and cannot contain regexes.");
        if (version == PolicyVersion.V2012 && head.Contains("${", StringComparison.Ordinal))
            throw reader.Error(PolicyFault.Variable, "A policy variable may stand only behind the fifth colon of a resource.");
        if (segments.Length <= ColonsBeforeResource && !head.EndsWith('*'))
            throw reader.Error(PolicyFault.InvalidValue, "The ARN of a resource must have six parts, or end with a wildcard.");
        if (headLength == text.Length && segments.Length > ColonsBeforeResource)
            throw reader.Error(PolicyFault.InvalidValue, "The ARN names no resource.");
        var tail = headLength == text.Length ? null : TextPattern.Parse(ref reader, text[headLength..], version, hasWildcards: true);
        return new ResourcePattern(text, Compiled(head), tail);
    }

    /// <summary>Whether the ARN is meant; null when the request has no value for a variable.</summary>
    public bool? Matches(string arn, ContextKeys keys)
    {
        var pattern = _fixed;
        if (pattern is null)
        {
            if (_tail!.Resolve(keys) is not { } tail) return null;
            pattern = _head + tail;
        }
        return _staysInSegments ? Wildcards.MatchesSegments(pattern, arn) : Wildcards.Matches(pattern, arn);
    }

    public override string ToString() => Text;

    /// <summary>The part up to and with the fifth colon, or everything.</summary>
    private static int HeadLength(string text)
    {
        var end = 0;
        for (var colons = 0; colons < ColonsBeforeResource; colons++)
        {
            var colon = text.IndexOf(':', end);
            if (colon < 0) return text.Length;
            end = colon + 1;
        }
        return end;
    }

    private static string Compiled(string head)
    {
        var compiled = new StringBuilder(head.Length);
        for (var at = 0; at < head.Length; at++)
        {
            var endsSegment = at + 1 == head.Length || head[at + 1] == ':';
            compiled.Append(head[at] switch
            {
                '*' => endsSegment ? Wildcards.AnyRun : Wildcards.SegmentRun,
                '?' => Wildcards.SegmentOne,
                var plain => plain,
            });
        }
        return compiled.ToString();
    }
}
