using System.Diagnostics.CodeAnalysis;

namespace Rekey.Aws;

/// <summary>
/// An Amazon Resource Name, <c>arn:partition:service:region:account:resource</c>. The resource part may itself contain colons.
/// Source: AWS General Reference, "Amazon Resource Names".
/// </summary>
public readonly record struct Arn(string Partition, string Service, string Region, string Account, string Resource)
{
    /// <summary>Parses an ARN; false when it has fewer than six parts, a wrong prefix or an empty partition, service or resource.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Arn arn)
    {
        arn = default;
        if (text is null || !text.StartsWith("arn:", StringComparison.Ordinal)) return false;
        var parts = text.Split(':', 6);
        if (parts.Length < 6 || parts[1].Length == 0 || parts[2].Length == 0 || parts[5].Length == 0) return false;
        arn = new Arn(parts[1], parts[2], parts[3], parts[4], parts[5]);
        return true;
    }

    public override string ToString() => $"arn:{Partition}:{Service}:{Region}:{Account}:{Resource}";
}
