using System.Buffers;
using System.Text.Json;
using Rekey.Aws;
using Rekey.Rotators.ElastiCache;
using Rekey.Rotators.Slots;

namespace Rekey.Rotators;

/// <summary>
/// A database secret's JSON object, with AWS's keys: engine, host, username and password are required, port, dbname and ssl are not.
/// Faults are <see cref="FailureCause.Precondition"/> with the texts of AWS's templates, and never quote the secret.
/// </summary>
public static class SecretJson
{
    /// <summary>Reads the credentials. Of a key given twice the last counts; unknown keys are not looked at.</summary>
    /// <param name="whenSslAbsent">What an absent <c>ssl</c>, or one that is neither true nor false, stands for.</param>
    public static DatabaseCredentials ReadCredentials(Sensitive secret, DatabaseEngine engine, TlsMode whenSslAbsent = TlsMode.Verified)
    {
        var fields = new SecretFields();
        try
        {
            Scan(secret.Reveal(), fields.Take);
            if (engine.NamesUsersByArn) return ReadNamedByArn(fields, engine);
            if (fields.Engine is null || !engine.Accepts(fields.Engine))
            {
                throw Fault($"Database engine must be set to '{engine.Name}' in order to use this rotation lambda", "engine");
            }
            return new DatabaseCredentials
            {
                Engine = fields.Engine,
                Host = HostName.Demand(fields.Host ?? throw Missing("host")),
                Username = fields.Username ?? engine.DefaultUsername ?? throw Missing("username"),
                Password = fields.Password ?? throw Missing("password"),
                Port = fields.Port ?? engine.DefaultPort,
                DatabaseName = (engine.ReadsAuthSource ? fields.AuthSource : null) ?? fields.DatabaseName ?? engine.DefaultDatabase,
                MasterArn = fields.MasterArn,
                CredentialId = engine.MakesCredentials ? DemandId(fields.CredentialId) : null,
                Tls = fields.Ssl switch { true => TlsMode.Verified, false => TlsMode.Plaintext, null => whenSslAbsent },
            };
        }
        catch
        {
            fields.Password?.Dispose();
            throw;
        }
    }

    /// <summary>The service's address stands for the host; it is asked, nobody logs in.</summary>
    private static DatabaseCredentials ReadNamedByArn(SecretFields fields, DatabaseEngine engine)
    {
        var user = ElastiCacheUserArn.Parse(fields.UserArn);
        return new DatabaseCredentials
        {
            Engine = engine.Name,
            Host = user.DefaultEndpoint.Host,
            Port = engine.DefaultPort,
            Username = fields.Username ?? throw Missing("username"),
            Password = fields.Password ?? new Sensitive([]),
            ResourceArn = user.Text,
            Tls = TlsMode.Verified,
        };
    }

    /// <summary>The masterarn of a value that may be anything; null when it is no JSON object or has none.</summary>
    public static string? FindMasterArn(Sensitive secret)
    {
        var fields = new SecretFields();
        try
        {
            Scan(secret.Reveal(), fields.Take);
            return fields.MasterArn;
        }
        catch (RotatorException)
        {
            return null;
        }
        finally
        {
            fields.Password?.Dispose();
        }
    }

    /// <summary>
    /// The same text with another user and password: every other byte is carried over, spacing and key order included, and the user's too
    /// when it stays the same.
    /// </summary>
    /// <param name="secret">The text.</param>
    /// <param name="username">The user it is to name.</param>
    /// <param name="password">The user's password.</param>
    /// <param name="addsPassword">Whether a text without a password gets one, at its end; else that is a fault.</param>
    /// <param name="credentialId">The target's name for the password, which must be in the text; null to leave the text's own.</param>
    public static Sensitive Replace(
        Sensitive secret, string username, Sensitive password, bool addsPassword = false, string? credentialId = null)
    {
        using var user = Sensitive.FromText(username);
        using var id = credentialId is null ? null : Sensitive.FromText(credentialId);
        var places = new List<(Range Place, Sensitive Value)>();
        var (hasPassword, hasId) = (false, false);
        Scan(secret.Reveal(), (ref Utf8JsonReader reader) =>
        {
            var isPassword = reader.ValueTextEquals("password"u8);
            var isUsername = reader.ValueTextEquals("username"u8);
            var isId = id is not null && reader.ValueTextEquals("credentialid"u8);
            reader.Read();
            var isSameUser = isUsername && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(username);
            var isChanged = isPassword || isId || (isUsername && !isSameUser);
            var start = checked((int)reader.TokenStartIndex);
            reader.Skip();
            hasPassword |= isPassword;
            hasId |= isId;
            if (isChanged) places.Add((start..checked((int)reader.BytesConsumed), isPassword ? password : isId ? id! : user));
        });
        if (id is not null && !hasId) throw Missing("credentialid");
        if (!hasPassword && !addsPassword) throw Missing("password");

        var result = new ArrayBufferWriter<byte>(secret.Length + (6 * places.Sum(change => change.Value.Length)) + 2);
        var end = hasPassword ? secret.Length : secret.Reveal().LastIndexOf((byte)'}');
        var copied = 0;
        foreach (var (place, value) in places)
        {
            result.Write(secret.Reveal()[copied..place.Start.Value]);
            WriteString(result, value.Reveal());
            copied = place.End.Value;
        }
        result.Write(secret.Reveal()[copied..end]);
        if (!hasPassword)
        {
            result.Write(",\"password\":"u8);
            WriteString(result, password.Reveal());
            result.Write(secret.Reveal()[end..]);
        }
        var replaced = Sensitive.CopyOf(result.WrittenSpan);
        result.Clear();
        return replaced;
    }

    /// <summary>A superuser's value has none.</summary>
    private static string? DemandId(string? id) => id is null || CredentialName.IsValid(id)
        ? id
        : throw Fault("credentialid must have letters, digits, '-', '_' and '.' alone in secret JSON", "credentialid");

    internal static RotatorException Fault(string message, string? key = null) =>
        new(FailureCause.Precondition, message) { SecretKey = key };

    private static RotatorException Missing(string key) => Fault($"{key} key is missing from secret JSON", key);

    internal delegate void PropertyReader(ref Utf8JsonReader reader);

    /// <summary>
    /// Calls <paramref name="property"/> at each name of the outermost object; it must move the reader to the end of the value.
    /// </summary>
    private static void Scan(ReadOnlySpan<byte> json, PropertyReader property)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw Fault("The secret value is not a JSON object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) property(ref reader);
            if (reader.Read()) throw Fault("The secret value is not a JSON object");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The parser's own text quotes what it stumbled over: it must go no further.
            throw Fault("The secret value is not valid JSON");
        }
    }

    private static void WriteString(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> utf8)
    {
        output.Write("\""u8);
        foreach (var value in utf8)
        {
            if (value < 0x20) output.Write([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', Hex(value >> 4), Hex(value & 0xF)]);
            else if (value is (byte)'"' or (byte)'\\') output.Write([(byte)'\\', value]);
            else output.Write([value]);
        }
        output.Write("\""u8);
    }

    private static byte Hex(int digit) => "0123456789abcdef"u8[digit];
}
