namespace Rekey.Rotators.MongoDb;

/// <summary>
/// What tells one MongoDB from another, as far as an account without privileges can see: the identifier of a replica set takes
/// clusterMonitor to read, so it is the set's name and its members; a server of no set is known by its address alone.
/// </summary>
internal static class MongoIdentity
{
    private const string Set = "replica set ";
    private const string Of = " of ";

    public static string Read(MongoHello hello, MongoAddress address) => hello is { SetName: { } name, Members.Count: > 0 }
        ? $"{Set}{name}{Of}{string.Join(',', hello.Members)}"
        : $"server {address.ToString().ToLowerInvariant()}";

    /// <summary>The same set as long as it kept its name and one of its members: others may have come and gone.</summary>
    public static bool IsSame(string one, string other)
    {
        if (one == other) return true;
        var (name, members) = Split(one);
        var (otherName, otherMembers) = Split(other);
        return name is not null && name == otherName && members.Intersect(otherMembers, StringComparer.OrdinalIgnoreCase).Any();
    }

    private static (string? Name, string[] Members) Split(string identity)
    {
        // The last one: a set's name may hold anything, a member's address no blank.
        var place = identity.LastIndexOf(Of, StringComparison.Ordinal);
        return identity.StartsWith(Set, StringComparison.Ordinal) && place >= Set.Length
            ? (identity[Set.Length..place], identity[(place + Of.Length)..].Split(','))
            : (null, []);
    }
}
