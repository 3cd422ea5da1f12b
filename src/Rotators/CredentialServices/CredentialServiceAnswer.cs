using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Rekey.Aws;
using Rekey.Rotators.Slots;

namespace Rekey.Rotators.CredentialServices;

/// <summary>
/// The JSON of a service's answers. Whatever else is in them is not looked at; what is wrong is a <see cref="FormatException"/> without any
/// of it.
/// </summary>
internal static class CredentialServiceAnswer
{
    private const int ValueBytesMax = 4096;

    /// <summary><c>{"max": 2, "credentials": [{"id": "…", "label": "…", "active": true, "lastUsed": "…"}]}</c></summary>
    public static CredentialList ReadList(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        var lastUses = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        var credentials = new List<ListedCredential>();
        foreach (var row in Demand(document.RootElement, "credentials", JsonValueKind.Array).EnumerateArray())
        {
            var id = ReadId(row);
            var isActive = row.TryGetProperty("active", out var active) && active.ValueKind == JsonValueKind.True;
            credentials.Add(new ListedCredential(id, FindText(row, "label"), isActive));
            if (FindText(row, "lastUsed") is { } used) lastUses[id] = ReadTime(used);
        }
        if (!Demand(document.RootElement, "max", JsonValueKind.Number).TryGetInt32(out var max) || max < 1) throw new FormatException();
        return new CredentialList(max, credentials, lastUses);
    }

    /// <summary><c>{"id": "…", "value": "…"}</c></summary>
    public static IssuedCredential ReadIssued(ReadOnlySpan<byte> json)
    {
        string? id = null;
        Sensitive? value = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new FormatException();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isId, isValue) = (reader.ValueTextEquals("id"u8), reader.ValueTextEquals("value"u8));
                reader.Read();
                if ((isId || isValue) && reader.TokenType != JsonTokenType.String) throw new FormatException();
                if (isId) id = DemandId(reader.GetString()!);
                else if (isValue) Replace(ref value, ReadValue(ref reader));
                else reader.Skip();
            }
            if (id is null || value is null) throw new FormatException();
            return new IssuedCredential(id, value);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            value?.Dispose();
            // The parser's own text quotes what it stumbled over: it must go no further.
            throw new FormatException();
        }
    }

    private static void Replace(ref Sensitive? value, Sensitive next)
    {
        value?.Dispose();
        value = next;
    }

    private static Sensitive ReadValue(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length > ValueBytesMax * 6) throw new FormatException();
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, reader.ValueSpan.Length));
        try
        {
            var value = buffer.AsSpan(0, reader.CopyString(buffer));
            if (value.Length is 0 or > ValueBytesMax || value.Contains((byte)0)) throw new FormatException();
            return Sensitive.CopyOf(value);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException)
        {
            throw new FormatException();
        }
    }

    private static JsonElement Demand(JsonElement element, string name, JsonValueKind kind) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var found) && found.ValueKind == kind
            ? found
            : throw new FormatException();

    private static string? FindText(JsonElement element, string name) =>
        element.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;

    private static string ReadId(JsonElement row) => DemandId(Demand(row, "id", JsonValueKind.String).GetString()!);

    private static string DemandId(string id) => CredentialName.IsValid(id) ? id : throw new FormatException();

    private static DateTimeOffset ReadTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : throw new FormatException();
}

/// <summary>A principal's credentials as a service lists them.</summary>
/// <param name="LastUses">By id; without those that were never used, or of which the service does not tell.</param>
internal sealed record CredentialList(
    int SlotsMax, IReadOnlyList<ListedCredential> Credentials, IReadOnlyDictionary<string, DateTimeOffset> LastUses);
