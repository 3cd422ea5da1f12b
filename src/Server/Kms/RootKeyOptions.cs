using Rekey.Server.Settings;

namespace Rekey.Server.Kms;

/// <summary>
/// Where the root key comes from: section <c>Rekey:Keys</c>. Without either, it is the file <c>root.key</c> in the data directory, made at
/// the first start.
/// </summary>
public sealed class RootKeyOptions
{
    public const string Section = "Rekey:Keys";

    /// <summary>A file that holds the key as base64 of 32 bytes; readable by its owner only.</summary>
    public string? RootKeyFile { get; set; }

    /// <summary>The key itself as base64 of 32 bytes (<c>REKEY_ROOT_KEY</c>). Never printed.</summary>
    [SecretSetting]
    public string? RootKey { get; set; }
}
