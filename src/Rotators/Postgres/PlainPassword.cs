using Rekey.Aws;

namespace Rekey.Rotators.Postgres;

/// <summary>Which passwords can be set so that every client logs in with them.</summary>
internal static class PlainPassword
{
    /// <summary>The password's bytes. Refuses what the server would read as "no password" and what the protocol cannot carry.</summary>
    public static ReadOnlySpan<byte> Demand(Sensitive password)
    {
        var bytes = password.Reveal();
        if (bytes.IsEmpty) throw Refused("it is empty");
        if (bytes.Contains((byte)0)) throw Refused("it holds a NUL character");
        return bytes;
    }

    /// <summary>
    /// The bytes that SCRAM hashes. The server and its clients run a password through SASLprep first: one that it might change is refused
    /// rather than stored in a form that some clients miss.
    /// </summary>
    public static ReadOnlySpan<byte> ForScram(Sensitive password)
    {
        var bytes = Demand(password);
        if (SaslPrep.Doubt(bytes) is { } doubt) throw Refused(doubt);
        return bytes;
    }

    private static RotatorException Refused(string reason) =>
        new(FailureCause.Precondition, $"This password cannot be set on PostgreSQL: {reason}. Use printable ASCII characters.");
}
