using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Rekey.Server.Protocols;

/// <summary>JSON that passed the model's validation, to a request record.</summary>
internal static class JsonBinding
{
    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw FrameworkErrors.Serialization("The request is null.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            // The exception's text may quote the body: it is dropped.
            throw FrameworkErrors.Serialization("The request does not have the shape of its operation.");
        }
    }
}
