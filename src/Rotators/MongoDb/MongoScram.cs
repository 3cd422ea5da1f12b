using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;

namespace Rekey.Rotators.MongoDb;

/// <summary>
/// A login by SCRAM (RFC 5802, RFC 7677) as MongoDB carries it: both sides prove that they know the password, neither sends it.
/// </summary>
internal sealed class MongoScram
{
    public const string Sha1 = "SCRAM-SHA-1";
    public const string Sha256 = "SCRAM-SHA-256";

    private const int NonceBytes = 24;

    /// <summary>Fewest iterations a server may ask for. Source: RFC 7677.</summary>
    private const int IterationsMin = 4096;

    /// <summary>Bounds what a server can make us compute to about 1 s.</summary>
    private const int IterationsMax = 1_000_000;

    private readonly MongoConnection _connection;
    private readonly DatabaseCredentials _credentials;
    private readonly string _mechanism;
    private readonly HashAlgorithmName _hash;

    private MongoScram(MongoConnection connection, DatabaseCredentials credentials, string mechanism)
    {
        _connection = connection;
        _credentials = credentials;
        _mechanism = mechanism;
        _hash = mechanism == Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1;
    }

    /// <summary>
    /// Logs the connection in. Throws <see cref="FailureCause.Auth"/> only when the server refused, or could not prove that it knows the
    /// password itself.
    /// </summary>
    /// <param name="offered">The mechanisms the server said the user has; null when it did not say.</param>
    public static async Task LogInAsync(
        MongoConnection connection, DatabaseCredentials credentials, string database, IReadOnlyList<string>? offered,
        CancellationToken cancellationToken)
    {
        var mechanism = offered is null || !offered.Contains(Sha256) ? Sha1 : Sha256;
        if (offered is { Count: > 0 } && !offered.Contains(mechanism))
        {
            throw new RotatorException(FailureCause.Precondition,
                $"The user logs in by {string.Join(", ", offered)}; only a password kept by SCRAM can be rotated.");
        }
        try
        {
            await new MongoScram(connection, credentials, mechanism).RunAsync(database, cancellationToken);
        }
        catch (RotatorException e) when (e.NativeCode == MongoErrors.MechanismUnavailable && offered is null)
        {
            // A server that tells nothing about the user, because it has none or never does, and has turned the older mechanism off.
            await new MongoScram(connection, credentials, Sha256).RunAsync(database, cancellationToken);
        }
    }

    private async Task RunAsync(string database, CancellationToken cancellationToken)
    {
        try
        {
            await ConverseAsync(database, cancellationToken);
        }
        catch (RotatorException e)
        {
            throw MongoErrors.FromLogin(e, _connection.Address);
        }
    }

    private async Task ConverseAsync(string database, CancellationToken cancellationToken)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        var user = _credentials.Username.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);
        var first = $"n={user},r={nonce}";
        var start = MongoConnection.Command().Int32("saslStart", 1).Text("mechanism", _mechanism)
            .Binary("payload", Encoding.UTF8.GetBytes($"n,,{first}"))
            .Document("options", options => options.Boolean("skipEmptyExchange", true));
        var answer = await _connection.RunAsync(database, start, cancellationToken);

        var challenge = PayloadOf(answer);
        var keys = Derive(Field(challenge, 'r'), Field(challenge, 's'), Field(challenge, 'i'), nonce);
        try
        {
            var last = $"c=biws,r={Field(challenge, 'r')}";
            var message = Encoding.UTF8.GetBytes($"{first},{challenge},{last}");
            var proof = keys.ProofOf(message);
            answer = await ContinueAsync(database, answer, $"{last},p={Convert.ToBase64String(proof)}", cancellationToken);
            var shown = Encoding.ASCII.GetBytes(Field(PayloadOf(answer), 'v'));
            if (!CryptographicOperations.FixedTimeEquals(shown, Encoding.ASCII.GetBytes(keys.SignatureOf(message))))
            {
                throw new RotatorException(FailureCause.Auth,
                    $"What answers at {_connection.Address} let the user in without knowing its password: it is not the right server.");
            }
        }
        finally
        {
            keys.Clear();
        }
        // Servers before 4.4 want one more, empty exchange.
        if (!answer.FindBoolean("done")) await ContinueAsync(database, answer, "", cancellationToken);
    }

    private Task<BsonDocument> ContinueAsync(string database, BsonDocument answer, string payload, CancellationToken cancellationToken)
    {
        var conversation = answer.FindNumber("conversationId") is { } id and >= int.MinValue and <= int.MaxValue ? (int)id : throw Broken();
        var next = MongoConnection.Command().Int32("saslContinue", 1).Int32("conversationId", conversation)
            .Binary("payload", Encoding.UTF8.GetBytes(payload));
        return _connection.RunAsync(database, next, cancellationToken);
    }

    private ScramKeys Derive(string serverNonce, string salt, string count, string nonce)
    {
        var isCount = int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations);
        if (!isCount || iterations is < IterationsMin or > IterationsMax) throw Broken();
        if (!serverNonce.StartsWith(nonce, StringComparison.Ordinal) || serverNonce.Length == nonce.Length) throw Broken();
        var saltBytes = new byte[salt.Length];
        if (!Convert.TryFromBase64String(salt, saltBytes, out var saltLength)) throw Broken();

        var password = PasswordBytes();
        try
        {
            return ScramKeys.Derive(_hash, password, saltBytes.AsSpan(0, saltLength), iterations);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
        }
    }

    /// <summary>What is salted: the password itself, or for the older mechanism a digest of it in hexadecimal digits.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "The mechanism's own definition.")]
    private byte[] PasswordBytes()
    {
        var password = _credentials.Password.Reveal();
        if (_mechanism == Sha256) return MongoPassword.Demand(_credentials.Password, [Sha256]).ToArray();
        byte[] named = [.. Encoding.UTF8.GetBytes(_credentials.Username), .. ":mongo:"u8, .. password];
        try
        {
            return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(MD5.HashData(named)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(named);
        }
    }

    private string PayloadOf(BsonDocument answer) =>
        answer.Find("payload")?.AsBinary() is { } payload ? Encoding.UTF8.GetString(payload.Span) : throw Broken();

    private string Field(string message, char key) =>
        message.Split(',').FirstOrDefault(part => part.Length > 1 && part[0] == key && part[1] == '=')?[2..] ?? throw Broken();

    private RotatorException Broken() => new(
        FailureCause.Other, $"What answers at {_connection.Address} does not speak {_mechanism} as it is defined.");
}
