using System.Collections.Concurrent;
using System.Security.Cryptography;
using Rekey.Aws;
using Rekey.Server.Storage;

namespace Rekey.Server.Kms;

/// <summary>
/// The KMS keys: stored wrapped by the root key, kept unwrapped in memory once used. Keys are never changed or removed, so what is in
/// memory stays true whatever other nodes do.
/// </summary>
public sealed class KmsKeyStore : IDisposable
{
    /// <summary>The key of an account and region that seals secrets which name no key of their own.</summary>
    public const string DefaultAlias = "alias/aws/secretsmanager";

    private readonly ConcurrentDictionary<Guid, KmsKey> _unwrapped = new();
    private readonly RootKey _rootKey;
    private readonly IDatabase _database;

    internal KmsKeyStore(RootKey rootKey, IDatabase database)
    {
        _rootKey = rootKey;
        _database = database;
    }

    /// <summary>
    /// ARN of the default key of an account and region, made on first use within the session's transaction. Seal under it only inside that
    /// transaction or after its commit.
    /// </summary>
    public string EnsureDefaultKey(Session session, string account, string region, DateTimeOffset now) =>
        FindByAlias(session, account, region, DefaultAlias) ?? Create(session, account, region, DefaultAlias, now);

    /// <summary>
    /// ARN of the key that a caller named by id, ARN, alias (<c>alias/name</c>) or alias ARN; null when the caller's account and region
    /// have none of that name.
    /// </summary>
    public static string? Resolve(Session session, string account, string region, string kmsKeyIdAsGiven)
    {
        var name = kmsKeyIdAsGiven;
        if (Arn.TryParse(name, out var arn))
        {
            if (arn.Service != "kms" || arn.Account != account || arn.Region != region) return null;
            name = arn.Resource.StartsWith("key/", StringComparison.Ordinal) ? arn.Resource[4..] : arn.Resource;
        }
        if (name.StartsWith("alias/", StringComparison.Ordinal)) return FindByAlias(session, account, region, name);
        return session.Find("SELECT key_arn FROM kms_keys WHERE key_id = @id AND account = @account AND region = @region",
            row => row.Text(0), ("@id", name), ("@account", account), ("@region", region));
    }

    /// <summary>The key with its material, or null when there is none or the root key does not open it.</summary>
    internal KmsKey? FindById(Guid id)
    {
        if (_unwrapped.TryGetValue(id, out var known)) return known;
        var row = _database.Read(session => session.Find("SELECT key_arn, wrapped_material FROM kms_keys WHERE key_id = @id",
            row => new WrappedKey(row.Text(0), row.Bytes(1)), ("@id", id.ToString("D"))));
        return row is null ? null : Unwrap(id, row);
    }

    /// <inheritdoc cref="FindById"/>
    internal KmsKey? FindByArn(string arn) => KmsKey.TryParseArn(arn, out var id) && FindById(id) is { } key && key.Arn == arn ? key : null;

    public void Dispose()
    {
        foreach (var key in _unwrapped.Values) key.Dispose();
        _unwrapped.Clear();
    }

    private static string? FindByAlias(Session session, string account, string region, string alias) =>
        session.Find("SELECT key_arn FROM kms_keys WHERE account = @account AND region = @region AND alias = @alias", row => row.Text(0),
            ("@account", account), ("@region", region), ("@alias", alias));

    private string Create(Session session, string account, string region, string alias, DateTimeOffset now)
    {
        Span<byte> material = stackalloc byte[KmsKey.MaterialSize];
        try
        {
            RandomNumberGenerator.Fill(material);
            var id = KmsKey.NewId();
            var arn = KmsKey.FormatArn(account, region, id);
            session.Execute("""
                INSERT INTO kms_keys (key_id, key_arn, account, region, alias, wrapped_material, created_at)
                VALUES (@id, @arn, @account, @region, @alias, @wrapped, @at)
                """, ("@id", id.ToString("D")), ("@arn", arn), ("@account", account), ("@region", region), ("@alias", alias),
                ("@wrapped", _rootKey.Wrap(arn, material)), ("@at", now));
            // Known before the commit, so that this transaction can seal. If it is rolled back the id is never used again.
            _unwrapped.TryAdd(id, new KmsKey(id, arn, material));
            return arn;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }

    private KmsKey? Unwrap(Guid id, WrappedKey row)
    {
        Span<byte> material = stackalloc byte[KmsKey.MaterialSize];
        try
        {
            return _rootKey.TryUnwrap(row.Arn, row.Material, material) ? _unwrapped.GetOrAdd(id, new KmsKey(id, row.Arn, material)) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }

    private sealed record WrappedKey(string Arn, byte[] Material);
}
