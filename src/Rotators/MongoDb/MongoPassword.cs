using Rekey.Aws;

namespace Rekey.Rotators.MongoDb;

/// <summary>Which passwords can be set so that every client logs in with them.</summary>
internal static class MongoPassword
{
    /// <summary>The password's bytes. The older mechanism takes them as they are, the newer runs them through SASLprep.</summary>
    public static ReadOnlySpan<byte> Demand(Sensitive password, IReadOnlyCollection<string> mechanisms)
    {
        var bytes = password.Reveal();
        if (bytes.IsEmpty) throw Refused("it is empty");
        if (bytes.Contains((byte)0)) throw Refused("it holds a NUL character");
        var isPrepared = mechanisms.Count == 0 || mechanisms.Contains(MongoScram.Sha256);
        if (isPrepared && SaslPrep.Doubt(bytes) is { } doubt) throw Refused(doubt);
        return bytes;
    }

    private static RotatorException Refused(string reason) =>
        new(FailureCause.Precondition, $"This password cannot be used with MongoDB: {reason}. Use printable ASCII characters.");
}
