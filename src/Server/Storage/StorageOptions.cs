using System.ComponentModel.DataAnnotations;
using Rekey.Server.Settings;

namespace Rekey.Server.Storage;

/// <summary>Where the state lives: section <c>Rekey:Storage</c>.</summary>
public sealed class StorageOptions
{
    public const string Section = "Rekey:Storage";

    public const string DataDirectoryKey = $"{Section}:{nameof(DataDirectory)}";

    /// <summary>Holds the embedded database, the root key and the server's other files. One server at a time; made when missing.</summary>
    [Required]
    public string DataDirectory { get; set; } = "data";

    /// <summary>
    /// A PostgreSQL connection string (<c>REKEY_DATABASE</c>); null: SQLite in the data directory. Holds a password: never printed.
    /// </summary>
    [SecretSetting]
    public string? Database { get; set; }
}
