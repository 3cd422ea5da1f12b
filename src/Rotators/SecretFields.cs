using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Rekey.Aws;

namespace Rekey.Rotators;

/// <summary>The known keys of a database secret while it is being read. Not a record: it must not print its members.</summary>
internal sealed class SecretFields
{
    public string? Engine { get; private set; }
    public string? Host { get; private set; }
    public string? Username { get; private set; }
    public Sensitive? Password { get; private set; }
    public int? Port { get; private set; }
    public string? DatabaseName { get; private set; }

    /// <summary>MongoDB's name for the database that a user belongs to, where it is not the one it works with.</summary>
    public string? AuthSource { get; private set; }
    public string? MasterArn { get; private set; }
    public string? UserArn { get; private set; }

    /// <summary>The target's name for the credential, where the target makes it; other engines' secrets may hold anything there.</summary>
    public string? CredentialId { get; private set; }

    /// <summary>Null when absent or neither true nor false: AWS's templates treat both alike.</summary>
    public bool? Ssl { get; private set; }

    public void Take(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("engine"u8)) Engine = ReadText(ref reader, "engine");
        else if (reader.ValueTextEquals("host"u8)) Host = ReadText(ref reader, "host");
        else if (reader.ValueTextEquals("username"u8)) Username = ReadText(ref reader, "username");
        else if (reader.ValueTextEquals("password"u8)) TakePassword(ref reader);
        else if (reader.ValueTextEquals("port"u8)) Port = ReadPort(ref reader);
        else if (reader.ValueTextEquals("dbname"u8)) DatabaseName = ReadOptionalText(ref reader, "dbname");
        else if (reader.ValueTextEquals("masterarn"u8)) MasterArn = ReadOptionalText(ref reader, "masterarn");
        else if (reader.ValueTextEquals("authSource"u8)) AuthSource = ReadPlainText(ref reader);
        else if (reader.ValueTextEquals("credentialid"u8)) CredentialId = ReadPlainText(ref reader);
        else if (reader.ValueTextEquals("user_arn"u8)) UserArn = ReadOptionalText(ref reader, "user_arn");
        else if (reader.ValueTextEquals("ssl"u8)) Ssl = ReadSsl(ref reader);
        else reader.Skip();
    }

    private static string ReadText(ref Utf8JsonReader reader, string key)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String) throw SecretJson.Fault($"{key} must be a string in secret JSON", key);
        var text = reader.GetString()!;
        if (text.Length == 0) throw SecretJson.Fault($"{key} is empty in secret JSON", key);
        // Database drivers take C strings: what follows a NUL would be cut off.
        if (text.Contains('\0')) throw SecretJson.Fault($"{key} holds a NUL character in secret JSON", key);
        return text;
    }

    private static string? ReadOptionalText(ref Utf8JsonReader reader, string key)
    {
        var ahead = reader;
        ahead.Read();
        if (ahead.TokenType != JsonTokenType.Null && !(ahead.TokenType == JsonTokenType.String && ahead.ValueTextEquals(""u8)))
        {
            return ReadText(ref reader, key);
        }
        reader = ahead;
        return null;
    }

    /// <summary>Other engines' secrets may hold anything under that key.</summary>
    private static string? ReadPlainText(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } text && !text.Contains('\0')) return text;
        reader.Skip();
        return null;
    }

    private void TakePassword(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String) throw SecretJson.Fault("password must be a string in secret JSON", "password");
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, reader.ValueSpan.Length));
        try
        {
            var password = buffer.AsSpan(0, reader.CopyString(buffer));
            if (password.IsEmpty) throw SecretJson.Fault("password is empty in secret JSON", "password");
            if (password.Contains((byte)0)) throw SecretJson.Fault("password holds a NUL character in secret JSON", "password");
            Password?.Dispose();
            Password = Sensitive.CopyOf(password);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static int? ReadPort(ref Utf8JsonReader reader)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return null;
        var port = 0;
        var isNumber = reader.TokenType switch
        {
            JsonTokenType.Number => reader.TryGetInt32(out port),
            JsonTokenType.String => int.TryParse(reader.GetString(), Style, CultureInfo.InvariantCulture, out port),
            _ => false,
        };
        return isNumber && port is >= 1 and <= 65535
            ? port
            : throw SecretJson.Fault("port must be a number from 1 to 65535 in secret JSON", "port");
    }

    private static bool? ReadSsl(ref Utf8JsonReader reader)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.True: return true;
            case JsonTokenType.False: return false;
            case JsonTokenType.String:
                var text = reader.GetString()!;
                return text.Equals("true", StringComparison.OrdinalIgnoreCase) ? true
                    : text.Equals("false", StringComparison.OrdinalIgnoreCase) ? false
                    : null;
            default:
                reader.Skip();
                return null;
        }
    }
}
