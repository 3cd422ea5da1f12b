using System.Text;

namespace Rekey.Aws.SigV4;

/// <summary>Parameters that a presigned URL carries but does not sign.</summary>
[Flags]
public enum UnsignedParameters
{
    None = 0,

    /// <summary><c>X-Amz-Signature</c>: it cannot sign itself.</summary>
    Signature = 1,

    /// <summary><c>X-Amz-Security-Token</c>, for signers that add it after signing.</summary>
    SecurityToken = 2,
}

/// <summary>
/// The query line of a canonical request: names and values decoded, encoded again in one way, sorted by name and then by value.
/// '+' is a space: botocore sends it for one and signs <c>%20</c>.
/// </summary>
internal static class CanonicalQuery
{
    public static void Append(ref ByteWriter destination, scoped ReadOnlySpan<char> query, UnsignedParameters unsigned)
    {
        if (query.Length == 0) return;
        var parameters = new List<Parameter>();
        foreach (var range in query.Split('&'))
        {
            var part = query[range];
            if (part.Length == 0) continue;
            var parameter = Parameter.Parse(part);
            if (!IsUnsigned(parameter.Name, unsigned)) parameters.Add(parameter);
        }

        parameters.Sort(Parameter.Compare);
        for (var i = 0; i < parameters.Count; i++)
        {
            if (i > 0) destination.Append((byte)'&');
            destination.Append(parameters[i].Name);
            destination.Append((byte)'=');
            destination.Append(parameters[i].Value);
        }
    }

    private static bool IsUnsigned(ReadOnlySpan<byte> name, UnsignedParameters unsigned) =>
        (unsigned.HasFlag(UnsignedParameters.Signature) && Ascii.Equals(name, SignatureNames.SignatureParameter))
        || (unsigned.HasFlag(UnsignedParameters.SecurityToken) && Ascii.Equals(name, SignatureNames.SecurityTokenParameter));

    private readonly record struct Parameter(byte[] Name, byte[] Value)
    {
        public static Parameter Parse(ReadOnlySpan<char> part)
        {
            var equals = part.IndexOf('=');
            return equals < 0
                ? new Parameter(Encode(part), [])
                : new Parameter(Encode(part[..equals]), Encode(part[(equals + 1)..]));
        }

        public static int Compare(Parameter left, Parameter right)
        {
            var byName = left.Name.AsSpan().SequenceCompareTo(right.Name);
            return byName != 0 ? byName : left.Value.AsSpan().SequenceCompareTo(right.Value);
        }

        private static byte[] Encode(ReadOnlySpan<char> text)
        {
            var encoded = new ByteWriter(stackalloc byte[256]);
            try
            {
                UriEncoding.AppendDecoded(ref encoded, text);
                return encoded.Written.ToArray();
            }
            finally
            {
                encoded.Dispose();
            }
        }
    }
}
