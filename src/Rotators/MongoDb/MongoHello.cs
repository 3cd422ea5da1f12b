namespace Rekey.Rotators.MongoDb;

/// <summary>What a server says of itself and of its replica set before anyone has logged in.</summary>
/// <param name="SetName">The replica set; null for a server that is of none, and for a router of a sharded cluster.</param>
/// <param name="Me">How the set calls this server.</param>
/// <param name="Members">The members that hold data, sorted; hidden ones are not told.</param>
/// <param name="Primary">The member that takes writes, as far as this one knows.</param>
/// <param name="Mechanisms">
/// Of the user that was asked about; null when there is no such user, and from servers that do not answer that.
/// </param>
/// <param name="LastWrite">
/// The last change this server has taken over: the term of the primary that made it, above its time. Null where it does not tell.
/// </param>
internal sealed record MongoHello(
    string? SetName, string? Me, IReadOnlyList<string> Members, string? Primary, bool IsWritable, bool IsSecondary,
    IReadOnlyList<string>? Mechanisms, UInt128? LastWrite)
{
    public static MongoHello Read(BsonDocument reply) => new(
        reply.FindText("setName"),
        reply.FindText("me"),
        [.. (reply.FindTexts("hosts") ?? []).Concat(reply.FindTexts("passives") ?? []).Order(StringComparer.Ordinal)],
        reply.FindText("primary"),
        // The latter from servers that know the command by its old name only.
        reply.FindBoolean("isWritablePrimary") || reply.FindBoolean("ismaster"),
        reply.FindBoolean("secondary"),
        reply.FindTexts("saslSupportedMechs"),
        LastWriteOf(reply));

    private static UInt128? LastWriteOf(BsonDocument reply)
    {
        if (reply.FindDocument("lastWrite")?.FindDocument("opTime") is not { } last) return null;
        // Clocks of two primaries may differ: what the earlier one made alone is not later for it.
        return last.Find("ts")?.AsTimestamp() is { } time ? new UInt128((ulong)Math.Max(0, last.FindNumber("t") ?? 0), time) : null;
    }
}
