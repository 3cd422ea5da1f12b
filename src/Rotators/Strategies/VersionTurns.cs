namespace Rekey.Rotators.Strategies;

/// <summary>
/// In which order the stored versions of one account are tried: the likeliest first, of which an attempt tries two; after refused ones the
/// next two; and then each in its turn, for an attempt may have but one login left.
/// </summary>
internal static class VersionTurns
{
    public static IEnumerable<DatabaseCredentials> OfRotation(RotationRequest request)
    {
        List<DatabaseCredentials> all = request.PendingMayBeLive ? [request.Pending, request.Current] : [request.Current];
        foreach (var other in OthersOf(request, request.Suspects.Append(request.Previous)))
            if (!all.Exists(known => known.Password.FixedTimeEquals(other.Password))) all.Add(other);
        if (!request.PendingIsProven || request.Turn < LoginAttempts.RefusedMax) return InTurn(all, request.Turn);
        // Every second turn is Pending's.
        return request.Turn % 2 == 0 ? all : From(request.Turn / 2 - 1, all[1..]);
    }

    public static IEnumerable<DatabaseCredentials> OfHealing(RotationSubject subject, IEnumerable<DatabaseCredentials> candidates) =>
        InTurn([subject.Current, .. OthersOf(subject, candidates)], subject.Turn);

    /// <summary>Those that are of Current's account and have another password.</summary>
    public static IEnumerable<DatabaseCredentials> OthersOf(RotationSubject subject, IEnumerable<DatabaseCredentials?> versions) =>
        versions.OfType<DatabaseCredentials>().Where(version => VersionRules.MayTry(version, subject.Current));

    private static IEnumerable<DatabaseCredentials> InTurn(List<DatabaseCredentials> versions, int turn) => turn switch
    {
        0 => versions,
        1 => From(LoginAttempts.RefusedMax, versions),
        _ => From(turn - LoginAttempts.RefusedMax, versions),
    };

    private static IEnumerable<DatabaseCredentials> From(int first, List<DatabaseCredentials> versions) =>
        Enumerable.Range(first, versions.Count).Select(number => versions[number % versions.Count]);
}
