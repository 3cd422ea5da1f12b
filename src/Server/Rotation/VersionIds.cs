using System.Security.Cryptography;

namespace Rekey.Server.Rotation;

/// <summary>Version ids that the service chooses itself: 36 characters in the form of the UUIDs that SDKs send.</summary>
internal static class VersionIds
{
    public static string New() => new Guid(RandomNumberGenerator.GetBytes(16)).ToString();
}
