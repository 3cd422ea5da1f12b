namespace Rekey.Aws.SigV4;

/// <summary>How a path enters the canonical request.</summary>
public enum PathStyle
{
    /// <summary>Dot segments and repeated slashes are removed: every service but S3.</summary>
    Normalized,

    /// <summary>The path as it was sent.</summary>
    AsSent,
}
