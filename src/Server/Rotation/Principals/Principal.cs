using Rekey.Rotators;

namespace Rekey.Server.Rotation.Principals;

/// <summary>An account on a database server that a rotation has to have for itself.</summary>
/// <param name="Name">Kind of server, where it is, and the user: one text for one account, however many secrets name it.</param>
/// <param name="IsExclusive">False for a superuser that only acts: several rotations may use it at a time, but none may rotate it.</param>
internal sealed record Principal(string Name, bool IsExclusive)
{
    /// <summary>
    /// The names of an account: by address as the secret spells it, and by the server's identity once that is pinned, since one server may
    /// have several addresses.
    /// </summary>
    public static IEnumerable<Principal> Of(DatabaseCredentials credentials, string username, PinnedTarget? pin, bool isExclusive)
    {
        yield return new Principal(NameOf(credentials, username), isExclusive);
        if (pin is not null) yield return new Principal($"{pin.ServerIdentity} {username}", isExclusive);
    }

    /// <summary>The name of an account by address.</summary>
    public static string NameOf(DatabaseCredentials credentials, string username) =>
        $"{credentials.Host.ToLowerInvariant()}:{credentials.Port} {username}";
}
