using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rekey.Rotators;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Native;

/// <summary>What the operator's settings mean to the rotators.</summary>
internal static class RotatorSettings
{
    public static RotatorOptions Make(
        IOptions<RotationOptions> rotation, IOptions<DriverOptions> drivers, IOptions<ElastiCacheAccess> elastiCache,
        IOptions<StorageOptions> storage, ILogger logger) => new()
        {
            CaFile = rotation.Value.CaFile,
            OdbcMariaDbFile = drivers.Value.MariaDbFile,
            OdbcSqlServerFile = drivers.Value.SqlServerFile,
            SqlServerCertificateFile = drivers.Value.SqlServerCertificateFile,
            OdbcOracleFile = drivers.Value.OracleFile,
            OracleWalletFolder = drivers.Value.OracleWalletFolder,
            OdbcDb2File = drivers.Value.Db2File,
            ClientFolder = Path.GetFullPath(storage.Value.DataDirectory),
            ElastiCache = elastiCache.Value.ToOptions(),
            Notice = text => Log.RotatorNotice(logger, text),
        };
}
