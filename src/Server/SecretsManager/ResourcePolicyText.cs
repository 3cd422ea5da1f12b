using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// The two spellings of a resource policy: compact, as it is stored, and as GetResourcePolicy shows it, which is what Jackson's default
/// pretty printer makes of it on AWS: members in the caller's order, two spaces a level, arrays on the line of their name.
/// </summary>
internal static class ResourcePolicyText
{
    /// <param name="policy">A JSON value whose texts are all well-formed Unicode.</param>
    public static string Compact(string policy) => Write(policy, isPretty: false);

    /// <inheritdoc cref="Compact"/>
    public static string Pretty(string policy) => Write(policy, isPretty: true);

    private static string Write(string policy, bool isPretty)
    {
        using var document = JsonDocument.Parse(policy);
        var text = new StringBuilder(policy.Length * (isPretty ? 2 : 1));
        new Writer(text, isPretty).Write(document.RootElement, depth: 0);
        return text.ToString();
    }

    private readonly struct Writer(StringBuilder text, bool isPretty)
    {
        /// <param name="depth">Number of objects around the value. Arrays do not indent.</param>
        public void Write(JsonElement value, int depth)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    WriteObject(value, depth);
                    break;
                case JsonValueKind.Array:
                    WriteArray(value, depth);
                    break;
                case JsonValueKind.String:
                    WriteText(value.GetString()!);
                    break;
                default:
                    text.Append(value.GetRawText());
                    break;
            }
        }

        private void WriteObject(JsonElement value, int depth)
        {
            text.Append('{');
            var isFirst = true;
            foreach (var member in value.EnumerateObject())
            {
                if (!isFirst) text.Append(',');
                isFirst = false;
                BreakLine(depth + 1);
                WriteText(member.Name);
                text.Append(isPretty ? " : " : ":");
                Write(member.Value, depth + 1);
            }
            if (isFirst) Space();
            else BreakLine(depth);
            text.Append('}');
        }

        private void WriteArray(JsonElement value, int depth)
        {
            text.Append('[');
            var isFirst = true;
            foreach (var element in value.EnumerateArray())
            {
                if (!isFirst) text.Append(',');
                isFirst = false;
                Space();
                Write(element, depth);
            }
            Space();
            text.Append(']');
        }

        /// <summary>Only what JSON demands is escaped, control characters in upper case hex.</summary>
        private void WriteText(string value)
        {
            text.Append('"');
            foreach (var character in value)
            {
                _ = character switch
                {
                    '"' => text.Append("\\\""),
                    '\\' => text.Append("\\\\"),
                    '\b' => text.Append("\\b"),
                    '\f' => text.Append("\\f"),
                    '\n' => text.Append("\\n"),
                    '\r' => text.Append("\\r"),
                    '\t' => text.Append("\\t"),
                    < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
                    _ => text.Append(character),
                };
            }
            text.Append('"');
        }

        private void BreakLine(int depth)
        {
            if (isPretty) text.Append('\n').Append(' ', 2 * depth);
        }

        private void Space()
        {
            if (isPretty) text.Append(' ');
        }
    }
}
