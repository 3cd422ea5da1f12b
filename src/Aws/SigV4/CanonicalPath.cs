namespace Rekey.Aws.SigV4;

/// <summary>
/// The path line of a canonical request. The path as sent is encoded once more, so that <c>%20</c> on the wire reads <c>%2520</c>.
/// Source: AWS, "Create a signed AWS API request", step 1; RFC 3986 section 5.2.4.
/// </summary>
internal static class CanonicalPath
{
    public static void Append(ref ByteWriter destination, scoped ReadOnlySpan<char> path, PathStyle style)
    {
        if (path.Length == 0 || path is "/") destination.Append((byte)'/');
        else if (style == PathStyle.Normalized) AppendNormalized(ref destination, path);
        else AppendAsSent(ref destination, path);
    }

    private static void AppendNormalized(ref ByteWriter destination, scoped ReadOnlySpan<char> path)
    {
        var origin = destination.Length;
        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            if (segment.Length == 0 || segment is ".") continue;
            if (segment is "..")
            {
                var parent = destination.Written[origin..].LastIndexOf((byte)'/');
                if (parent >= 0) destination.Truncate(origin + parent);
                continue;
            }

            destination.Append((byte)'/');
            UriEncoding.Append(ref destination, segment);
        }

        if (destination.Length == origin || path[^1] == '/') destination.Append((byte)'/');
    }

    private static void AppendAsSent(ref ByteWriter destination, scoped ReadOnlySpan<char> path)
    {
        var isFirst = true;
        foreach (var range in path.Split('/'))
        {
            if (!isFirst) destination.Append((byte)'/');
            isFirst = false;
            UriEncoding.Append(ref destination, path[range]);
        }
    }
}
