using System.Globalization;
using System.Text.Json.Nodes;
using Rekey.Server.Tests.Fakes;
using Shouldly;

namespace Rekey.Conformance.Storage;

/// <summary>
/// One client that writes to secrets of its own, one call at a time, and notes in its ledger what was acknowledged. After a crash at most
/// its last call is open: that one has happened as a whole or not at all.
/// </summary>
internal sealed class LedgerWriter(string prefix, string canary, Random random)
{
    private const int VersionsPerSecretMax = 12;

    private readonly List<SecretModel> _finished = [];
    private SecretModel? _secret;
    private SecretModel? _intended;
    private int _created;
    private int _token;

    public int Acknowledged { get; private set; }

    /// <summary>Writes until the server is gone.</summary>
    public async Task WriteAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (operation, request, after) = Next();
            _intended = after;
            try
            {
                var answer = await server.CallAsync(operation, request, cancellationToken);
                answer.IsSuccess.ShouldBeTrue($"{operation}: {answer.ErrorCode} {answer.ErrorMessage}");
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException)
            {
                return;
            }
            Acknowledged++;
            _secret = after;
            _intended = null;
        }
    }

    /// <summary>Holds the secret in work against the ledger, and settles whether the open call has happened.</summary>
    public async Task CheckAsync(SecretReader reader)
    {
        if (_secret is null && _intended is null) return;
        var actual = await reader.ReadAsync((_intended ?? _secret)!.Name);
        string?[] allowed = _intended is null ? [_secret!.Describe()] : [_secret?.Describe(), _intended.Describe()];
        actual?.Describe().ShouldBeOneOf(allowed);
        if (actual is null) allowed.ShouldContain((string?)null, "an acknowledged secret is gone");
        _secret = actual?.Describe() == _intended?.Describe() ? _intended : _secret;
        _intended = null;
    }

    /// <summary>Holds every secret ever written against the ledger.</summary>
    public async Task CheckAllAsync(SecretReader reader)
    {
        await CheckAsync(reader);
        foreach (var secret in _secret is null ? _finished : [.. _finished, _secret])
            (await reader.ReadAsync(secret.Name))?.Describe().ShouldBe(secret.Describe());
    }

    private (string Operation, object Request, SecretModel After) Next()
    {
        if (_secret is { IsDeleted: false } full && full.Versions.Count >= VersionsPerSecretMax)
        {
            _finished.Add(full);
            _secret = null;
        }
        if (_secret is not { } secret) return Create();
        if (secret.IsDeleted) return ("RestoreSecret", new { SecretId = secret.Name }, secret with { IsDeleted = false });
        return random.Next(10) switch
        {
            0 or 1 or 2 => Put(secret, "PutSecretValue"),
            3 => Put(secret, "UpdateSecret"),
            4 => PutLabelled(secret, "AWSPENDING"),
            5 => PutLabelled(secret, $"CUSTOM{random.Next(3)}"),
            6 => MoveCurrent(secret),
            7 => ReplaceTags(secret),
            8 => Describe(secret),
            _ => ("DeleteSecret", new { SecretId = secret.Name, RecoveryWindowInDays = 7 }, secret with { IsDeleted = true }),
        };
    }

    private (string, object, SecretModel) Create()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}/{_created++:d5}");
        var (token, value) = (NewToken(), NewValue());
        return ("CreateSecret", new { Name = name, ClientRequestToken = token, SecretString = value },
            new SecretModel(name).PutCurrent(token, value));
    }

    private (string, object, SecretModel) Put(SecretModel secret, string operation)
    {
        var (token, value) = (NewToken(), NewValue());
        var request = new { SecretId = secret.Name, ClientRequestToken = token, SecretString = value };
        return (operation, request, secret.PutCurrent(token, value));
    }

    private (string, object, SecretModel) PutLabelled(SecretModel secret, string label)
    {
        var (token, value) = (NewToken(), NewValue());
        var request = new { SecretId = secret.Name, ClientRequestToken = token, SecretString = value, VersionStages = new[] { label } };
        return ("PutSecretValue", request, secret.PutLabelled(token, value, label));
    }

    private (string, object, SecretModel) MoveCurrent(SecretModel secret)
    {
        var from = secret.Labels["AWSCURRENT"];
        var others = secret.Versions.Keys.Where(version => version != from).ToList();
        if (others.Count == 0) return Describe(secret);
        var to = others[random.Next(others.Count)];
        var request = new { SecretId = secret.Name, VersionStage = "AWSCURRENT", RemoveFromVersionId = from, MoveToVersionId = to };
        return ("UpdateSecretVersionStage", request, secret.MoveCurrent(to));
    }

    private (string, object, SecretModel) ReplaceTags(SecretModel secret)
    {
        var key = $"k{random.Next(4)}";
        if (secret.Tags.ContainsKey(key))
        {
            var request = new { SecretId = secret.Name, TagKeys = new[] { key } };
            return ("UntagResource", request, secret with { Tags = secret.Tags.Remove(key) });
        }
        var value = $"{random.Next()}";
        var tags = new JsonArray(new JsonObject { ["Key"] = key, ["Value"] = value });
        return ("TagResource", new { SecretId = secret.Name, Tags = tags }, secret with { Tags = secret.Tags.Add(key, value) });
    }

    private (string, object, SecretModel) Describe(SecretModel secret)
    {
        var text = $"d{random.Next()}";
        return ("UpdateSecret", new { SecretId = secret.Name, ClientRequestToken = NewToken(), Description = text },
            secret with { Description = text });
    }

    private string NewToken() => string.Create(CultureInfo.InvariantCulture, $"{prefix.Replace('/', '-')}-{_token++:d27}");

    private string NewValue() => $"{canary}-{random.Next()}";
}
