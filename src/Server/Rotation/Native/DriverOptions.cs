using System.ComponentModel.DataAnnotations;

namespace Rekey.Server.Rotation.Native;

/// <summary>Where vendors' drivers and their trust lie: section <c>Rekey:Rotation:Drivers</c>. Null: where the packages put them.</summary>
public sealed class DriverOptions : IValidatableObject
{
    public const string Section = $"{RotationOptions.Section}:Drivers";

    /// <summary>MariaDB Connector/ODBC, which speaks to MySQL and MariaDB.</summary>
    public string? MariaDbFile { get; set; }

    /// <summary>An ODBC driver for SQL Server: Microsoft's, or FreeTDS's for connections without TLS.</summary>
    public string? SqlServerFile { get; set; }

    /// <summary>PEM file with the certificate of the SQL Servers, the only one then taken; null: the system's authorities.</summary>
    public string? SqlServerCertificateFile { get; set; }

    /// <summary>Oracle Instant Client's ODBC driver.</summary>
    public string? OracleFile { get; set; }

    /// <summary>Folder of the wallet with the authorities that sign Oracle servers' certificates.</summary>
    public string? OracleWalletFolder { get; set; }

    /// <summary>IBM Data Server Driver's ODBC library.</summary>
    public string? Db2File { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string Name, string? Path)[] files =
        [
            (nameof(MariaDbFile), MariaDbFile), (nameof(SqlServerFile), SqlServerFile),
            (nameof(SqlServerCertificateFile), SqlServerCertificateFile), (nameof(OracleFile), OracleFile), (nameof(Db2File), Db2File),
        ];
        foreach (var (name, path) in files.Where(file => file.Path is not null && !File.Exists(file.Path)))
            yield return new ValidationResult($"{Section}:{name} is '{path}': it must be an existing file.");
        // Characters of a connect descriptor, in which the path stands unquoted.
        if (OracleWalletFolder is { } folder && (!Directory.Exists(folder) || folder.AsSpan().ContainsAny("()=")))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(OracleWalletFolder)} is '{folder}': it must be an existing folder without ( ) = in its path.");
        }
    }
}
