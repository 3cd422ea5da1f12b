using Rekey.Rotators;
using Rekey.Server.Rotation;
using Rekey.Server.Rotation.Configuration;
using Rekey.Server.SecretsManager;
using Rekey.Server.Storage;

namespace Rekey.Server.Tests.Simulation;

/// <summary>Reads all secrets of the simulation, and opens each value once.</summary>
internal sealed class Views(Simulation simulation)
{
    private readonly Dictionary<string, (byte[] Sealed, StoredLogin Login)> _opened = new(StringComparer.Ordinal);
    private Dictionary<string, SecretView> _views = [];
    private long _readAt = -1;

    /// <summary>Every password that was ever stored.</summary>
    public HashSet<string> Passwords { get; } = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, SecretView> All
    {
        get
        {
            var store = simulation.World.Store;
            if (_readAt == store.Commits) return _views;
            _readAt = store.Commits;
            _views = store.Read(session => simulation.World.Secrets.ToDictionary(secret => secret.Arn, secret => Read(session, secret)));
            return _views;
        }
    }

    public SecretView Of(SimulatedSecret secret) => All[secret.Arn];

    /// <summary>The stored version, in the trace's words, that has this password.</summary>
    public string NameOf(string username, string password)
    {
        var names = All.Values.SelectMany(view => view.Find(username, password)).Select(simulation.NameOf).Distinct();
        return string.Join('/', names.DefaultIfEmpty("what is not stored"));
    }

    /// <summary>Within a transaction too.</summary>
    private SecretView Read(Session session, SimulatedSecret secret)
    {
        var labels = session.Query(
            "SELECT label, version_id FROM secret_labels WHERE arn = @arn", row => (row.Text(0), row.Text(1)), ("arn", secret.Arn));
        var logins = session.Query(
            "SELECT version_id, ciphertext FROM secret_versions WHERE arn = @arn AND ciphertext IS NOT NULL ORDER BY sequence",
            row => (Id: row.Text(0), Sealed: row.Bytes(1)), ("arn", secret.Arn));
        return new SecretView(
            secret,
            labels.ToDictionary(label => label.Item1, label => label.Item2, StringComparer.Ordinal),
            logins.ToDictionary(login => login.Id, login => Open(secret, login.Id, login.Sealed), StringComparer.Ordinal),
            RotationRows.Find(session, secret.Arn), RotationConfigurations.Of(session, secret.Arn).SuspectVersionIds);
    }

    private StoredLogin Open(SimulatedSecret secret, string versionId, byte[] ciphertext)
    {
        var key = secret.Name + versionId;
        if (_opened.TryGetValue(key, out var known) && known.Sealed.AsSpan().SequenceEqual(ciphertext)) return known.Login;
        using var payload = SecretPayload.FromStored(simulation.Cipher.Open(secret.Arn, versionId, ciphertext));
        using var text = Aws.Sensitive.CopyOf(payload.Reveal());
        var credentials = SecretJson.ReadCredentials(text, SimulatedEngine.Kind);
        using var password = credentials.Password;
        var login = new StoredLogin(credentials.Username, password.RevealText());
        _opened[key] = (ciphertext, login);
        Passwords.Add(login.Value);
        return login;
    }
}
