using System.Text;
using System.Text.Json;
using System.Xml;
using Rekey.Aws;
using Rekey.Server.Protocols.Shapes;

namespace Rekey.Server.Protocols;

/// <summary>The XML of the Query protocol: results from their JSON form along the output shape, and error documents.</summary>
internal static class AwsQueryXml
{
    private static readonly XmlWriterSettings s_settings = new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        OmitXmlDeclaration = true,
        Indent = true,
        NewLineChars = "\n",
        CheckCharacters = true,
    };

    /// <summary>A whole answer: result wrapper and response metadata around the members of <paramref name="output"/>.</summary>
    public static void WriteResult(
        ResponseBuffer answer, ModelOperation operation, string? space, ReadOnlySpan<byte> result, string requestId)
    {
        using var xml = XmlWriter.Create(new BufferStream(answer), s_settings);
        xml.WriteStartElement(operation.Name + "Response", space);
        if (operation.Output is not null)
        {
            xml.WriteStartElement(operation.ResultWrapper ?? operation.Name + "Result", space);
            var reader = new Utf8JsonReader(result);
            reader.Read();
            WriteMembers(xml, ref reader, operation.Output, space);
            xml.WriteEndElement();
        }
        xml.WriteStartElement("ResponseMetadata", space);
        xml.WriteElementString("RequestId", space, requestId);
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    public static void WriteError(ResponseBuffer answer, string? space, ServiceException failure, string requestId)
    {
        using var xml = XmlWriter.Create(new BufferStream(answer), s_settings);
        xml.WriteStartElement("ErrorResponse", space);
        xml.WriteStartElement("Error", space);
        xml.WriteElementString("Type", space, failure.Shape.IsServerFault ? "Receiver" : "Sender");
        xml.WriteElementString("Code", space, failure.Shape.Code);
        xml.WriteElementString("Message", space, Printable(failure.Message));
        xml.WriteEndElement();
        xml.WriteElementString("RequestId", space, requestId);
        xml.WriteEndElement();
    }

    private static void WriteMembers(XmlWriter xml, ref Utf8JsonReader reader, Shape shape, string? space)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var member = Array.Find(shape.Members, candidate => candidate.Name == name)
                ?? throw new InvalidOperationException($"{shape.Name} has no member {name}.");
            reader.Read();
            xml.WriteStartElement(name, space);
            WriteValue(xml, ref reader, member.Shape, space);
            xml.WriteEndElement();
        }
    }

    private static void WriteValue(XmlWriter xml, ref Utf8JsonReader reader, Shape shape, string? space)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                WriteMembers(xml, ref reader, shape, space);
                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    xml.WriteStartElement("member", space);
                    WriteValue(xml, ref reader, shape.Element!, space);
                    xml.WriteEndElement();
                }
                break;
            case JsonTokenType.String:
                xml.WriteString(reader.GetString());
                break;
            default:
                xml.WriteString(Encoding.UTF8.GetString(reader.ValueSpan));
                break;
        }
    }

    /// <summary>XML 1.0 has no control characters: what a caller sent is echoed without them.</summary>
    private static string Printable(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            kept.Append(rune.Value is < 0x20 and not (0x09 or 0x0A) or 0xFFFE or 0xFFFF ? '?' : rune.ToString());
        return kept.ToString();
    }
}
