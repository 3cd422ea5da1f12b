using System.Globalization;
using System.Text.Json;
using Rekey.Server.Protocols.Shapes;

namespace Rekey.Server.Protocols;

/// <summary>
/// Form parameters as JSON along a shape: <c>A.B=x</c> is a member of a member, <c>A.member.1=x</c> an element of a list,
/// <c>A.entry.1.key=x</c> an entry of a map. A value that is not of its type is written as text, for the validator to refuse.
/// </summary>
internal static class QueryJson
{
    public static void Write(Utf8JsonWriter json, QueryForm form, Shape input)
    {
        WriteMembers(json, form, input, prefix: "");
        json.Flush();
    }

    private static void WriteMembers(Utf8JsonWriter json, QueryForm form, Shape shape, string prefix)
    {
        json.WriteStartObject();
        foreach (var member in shape.Members)
        {
            var name = prefix + member.Name;
            if (!form.TryGet(name, out _) && !form.Holds(name)) continue;
            json.WritePropertyName(member.Utf8Name);
            WriteValue(json, form, member.Shape, name);
        }
        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, QueryForm form, Shape shape, string name)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Structure:
                WriteMembers(json, form, shape, name + ".");
                break;
            case ShapeKind.List:
                json.WriteStartArray();
                for (var number = 1; Exists(form, $"{name}.member.{number}"); number++)
                    WriteValue(json, form, shape.Element!, $"{name}.member.{number}");
                json.WriteEndArray();
                break;
            case ShapeKind.Map:
                json.WriteStartObject();
                for (var number = 1; form.TryGet($"{name}.entry.{number}.key", out var key); number++)
                {
                    json.WritePropertyName(key);
                    WriteValue(json, form, shape.Element!, $"{name}.entry.{number}.value");
                }
                json.WriteEndObject();
                break;
            default:
                WriteScalar(json, shape, form.TryGet(name, out var value) ? value : null);
                break;
        }
    }

    private static bool Exists(QueryForm form, string name) => form.TryGet(name, out _) || form.Holds(name);

    private static void WriteScalar(Utf8JsonWriter json, Shape shape, string? value)
    {
        if (value is null) json.WriteNullValue();
        else if (shape.Kind == ShapeKind.Boolean && value is "true" or "false") json.WriteBooleanValue(value == "true");
        else if (shape.Kind is ShapeKind.Integer or ShapeKind.Long && TryWhole(value, out var number)) json.WriteNumberValue(number);
        else json.WriteStringValue(value);
    }

    private static bool TryWhole(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
