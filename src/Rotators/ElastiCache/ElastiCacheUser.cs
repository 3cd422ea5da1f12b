using System.Globalization;
using System.Xml.Linq;

namespace Rekey.Rotators.ElastiCache;

/// <summary>A user as DescribeUsers shows it.</summary>
/// <param name="Status">active, modifying, deleting, or an error.</param>
internal sealed record ElastiCacheUser(string? Arn, string UserName, string Status, string? AuthenticationType, int PasswordCount)
{
    public bool IsActive => Status == "active";

    public static ElastiCacheUser Parse(XElement member)
    {
        string? Text(string name) => member.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
        var authentication = member.Elements().FirstOrDefault(element => element.Name.LocalName == "Authentication");
        var count = authentication?.Elements().FirstOrDefault(element => element.Name.LocalName == "PasswordCount")?.Value;
        return new ElastiCacheUser(
            Text("ARN"), Text("UserName") ?? "", Text("Status") ?? "",
            authentication?.Elements().FirstOrDefault(element => element.Name.LocalName == "Type")?.Value,
            int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
    }
}
