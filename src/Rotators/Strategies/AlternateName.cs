using System.Text;

namespace Rekey.Rotators.Strategies;

/// <summary>
/// Which user's turn is next. Without a named pair it is AWS's rule: the clone has the engine's suffix, the base has not.
/// </summary>
internal static class AlternateName
{
    /// <summary>
    /// The pair that the current user is of. <see cref="FailureCause.Precondition"/> when it is of none, or a name is too long.
    /// </summary>
    public static UserPair PairOf(RotationSubject subject, DatabaseEngine engine)
    {
        var pair = Named(subject) ?? ByRule(subject.Current.Username, subject.Settings, engine.CloneSuffix);
        if (pair.Base == pair.Twin) throw Failures.Precondition("The two users of a pair must have different names");
        if (subject.Pin is { } pin && pin.Username != pair.Base)
        {
            throw Failures.Precondition(
                $"Attempting to modify user {pair.Base} other than {pin.Username}, for whom rotation was enabled");
        }
        DemandFits(pair.Base, engine);
        DemandFits(pair.Twin, engine);
        return pair;
    }

    /// <summary>The user that is not current.</summary>
    public static string Other(UserPair pair, string current) => current == pair.Base ? pair.Twin : pair.Base;

    private static UserPair? Named(RotationSubject subject)
    {
        if (subject.Settings.Users is not { } users) return null;
        var current = subject.Current.Username;
        if (current == users.Base || current == users.Twin) return new UserPair(users.Base, users.Twin, subject.Settings);
        throw Failures.Precondition($"The secret's user {current} is neither {users.Base} nor {users.Twin}, which the settings name");
    }

    private static UserPair ByRule(string current, RotationSettings settings, string suffix) =>
        current.EndsWith(suffix, StringComparison.Ordinal) && current.Length > suffix.Length
            ? new UserPair(current[..^suffix.Length], current, settings)
            : new UserPair(current, current + suffix, settings);

    private static void DemandFits(string name, DatabaseEngine engine)
    {
        var length = engine.UsernameLengthIsInBytes ? Encoding.UTF8.GetByteCount(name) : name.EnumerateRunes().Count();
        if (engine.UsernameLengthMax is not { } max || length <= max) return;
        var unit = engine.UsernameLengthIsInBytes ? "bytes" : "characters";
        throw Failures.Precondition(
            $"Unable to clone user, username length with {engine.CloneSuffix} appended would exceed {max} {unit}: {name}");
    }
}
