using System.Text.Json;

namespace Rekey.Server.Tests.Protocols.Shapes;

/// <summary>Values, as JSON, that satisfy every constraint and reach as far into an operation as a value can by itself.</summary>
internal static class ModelSamples
{
    private static int s_made;

    public static string Structure(string operation, IEnumerable<ModelMember> sampled, IEnumerable<(string Name, string Raw)> given) =>
        "{" + string.Join(',', sampled.Select(member => (member.Name, Raw: Of(operation, member.Shape))).Concat(given)
            .Select(member => $"\"{member.Name}\":{member.Raw}")) + "}";

    public static string Of(string operation, ModelShape shape) => shape.Type switch
    {
        "boolean" => "true",
        "integer" or "long" => "7",
        "blob" => "\"AAEC\"",
        "list" => $"[{Of(operation, shape.Element!)}]",
        "structure" => Structure(operation, shape.Members, []),
        _ => JsonSerializer.Serialize(Text(operation, shape)),
    };

    /// <summary>The secret that exists for an operation's cases, so that no operation destroys another's.</summary>
    public static string SecretOf(string operation) => $"sample/{operation}";

    public static string Text(string operation, ModelShape shape) => shape.Name switch
    {
        "SecretIdType" => SecretOf(operation),
        "NameType" => $"made/{Interlocked.Increment(ref s_made)}",
        "ClientRequestTokenType" or "SecretVersionIdType" => new string('v', 40),
        "RegionType" => "eu-west-1",
        "RotationTokenType" => new string('r', 40),
        "ScheduleExpressionType" => "rate(10 days)",
        "DurationType" => "13h",
        "RoleARNType" => "arn:aws:iam::123456789012:role/partner",
        "NonEmptyResourcePolicyType" =>
            """{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"secretsmanager:*","Resource":"*"}}""",
        _ => shape.Enum is [var first, ..] ? first : "sample",
    };
}
