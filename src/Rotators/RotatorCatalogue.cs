using System.Collections.Frozen;
using Rekey.Rotators.CredentialServices;
using Rekey.Rotators.Db2;
using Rekey.Rotators.ElastiCache;
using Rekey.Rotators.MongoDb;
using Rekey.Rotators.MySql;
using Rekey.Rotators.Oracle;
using Rekey.Rotators.Postgres;
using Rekey.Rotators.Redis;
using Rekey.Rotators.Redshift;
using Rekey.Rotators.SqlServer;

namespace Rekey.Rotators;

/// <summary>A ready-to-run rotation function.</summary>
/// <param name="Name">Its name, as in the resource part of the Lambda ARN: AWS's name of the template.</param>
/// <param name="Create">Makes the function itself. It keeps nothing between calls and may be shared.</param>
public sealed record RotatorTemplate(
    string Name, DatabaseEngine Engine, Func<RotatorOptions, TimeProvider, IDatabaseRotator> Create)
{
    /// <summary>
    /// What is missing on this machine to run the function, with the package to install; null when nothing is. Asked when rotation is
    /// configured, so that it is not found out when a rotation is due.
    /// </summary>
    public Func<RotatorOptions, string?> MissingDriver { get; init; } = _ => null;
}

/// <summary>The ready-to-run rotation functions that exist in every account and region without being uploaded.</summary>
public static class RotatorCatalogue
{
    private static readonly FrozenDictionary<string, RotatorTemplate> Templates =
        ((IEnumerable<RotatorTemplate>)
        [
            .. CredentialServiceTemplates.All, .. Db2Templates.All, .. ElastiCacheTemplates.All, .. MongoTemplates.All,
            .. MySqlTemplates.All, .. OracleTemplates.All, .. PostgresTemplates.All, .. RedisTemplates.All, .. RedshiftTemplates.All,
            .. SqlServerTemplates.All,
        ])
        .ToFrozenDictionary(template => template.Name, StringComparer.Ordinal);

    public static IReadOnlyCollection<RotatorTemplate> All => Templates.Values;

    /// <summary>The function of that name, or null. Names are case sensitive, as Lambda's are.</summary>
    public static RotatorTemplate? Find(string functionName) => Templates.GetValueOrDefault(functionName);
}
