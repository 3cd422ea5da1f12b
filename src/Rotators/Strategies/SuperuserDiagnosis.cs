using System.Runtime.CompilerServices;

namespace Rekey.Rotators.Strategies;

/// <summary>The hops of a diagnosis that lead through the superuser: superuser, clone, rights.</summary>
internal static class SuperuserDiagnosis
{
    /// <summary>The walk to the account. What it may not do to itself does not matter where a superuser does it.</summary>
    public static async IAsyncEnumerable<HopResult> AccountAsync(
        IDatabaseLogin engine, RotationSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var hop in engine.DiagnoseAsync(subject, cancellationToken))
        {
            yield return subject.Superuser is not null && hop is { Hop: "privileges", Ok: false, Cause: FailureCause.Privilege }
                ? new HopResult(hop.Hop, Ok: true, $"needless, as the superuser changes the password: {hop.Detail}")
                : hop;
        }
    }

    /// <summary>The superuser's login, on the account's own server.</summary>
    public static async IAsyncEnumerable<HopResult> RunAsync(
        IDatabaseLogin engine, IDatabaseAdministration? administration, RotationSubject subject,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Remedy = "Correct the superuser secret (masterarn), or enable rotation anew with the one that is meant.";
        yield return await HopAsync("superuser", Remedy, async () =>
        {
            if (subject.Superuser is null) throw Failures.Precondition("masterarn key is missing from secret JSON");
            if (administration is null) throw Failures.Precondition("This engine's rotation does not work with a superuser secret");
            await using var account = await engine.LogInAsync(subject, subject.Current, cancellationToken);
            await using var session = await Superuser.LogInAsync(administration, subject, account, cancellationToken);
            return $"{subject.Superuser.Username} logs in on the same server and may rotate {subject.Current.Username}.";
        });
    }

    /// <summary>The other user's name.</summary>
    public static HopResult Name(RotationSubject subject, DatabaseEngine kind)
    {
        try
        {
            var pair = AlternateName.PairOf(subject, kind);
            return new HopResult("clone", Ok: true, $"The next user is {AlternateName.Other(pair, subject.Current.Username)}.");
        }
        catch (RotatorException e)
        {
            return new HopResult("clone", Ok: false, e.Message, "Name the pair in the secret's rotation settings (Users).", e.Cause);
        }
    }

    /// <summary>
    /// What the rotation would have to change about the clone's rights. Before the first rotation, whether the clone's name is somebody's.
    /// </summary>
    public static async Task<HopResult> RightsAsync(
        Func<Task<(UserPair Pair, PairComparison Comparison)>> compare, RotationSubject subject)
    {
        const string Hop = "rights";
        const string Remedy = "Grant the superuser what it lacks, or see the differences with: rekey rotate plan";
        try
        {
            var (pair, comparison) = await compare();
            var isFound = comparison.CloneExists && IsTakenByNameAlone(pair, subject);
            if (isFound && comparison.Changes.FirstOrDefault(change => change.Kind == RightsChangeKind.Remove) is { } own)
                return Namesake(pair, own);
            var differences = comparison.Changes.Count;
            if (subject.Settings.GrantSync == GrantSync.VerifyOnly && differences > 0)
            {
                throw new RotatorException(
                    FailureCause.Privilege, $"The pair differs in {differences} rights, and grantSync is verifyOnly.");
            }
            var note = isFound ? $" The server has a user {pair.Twin} already: it is taken for the clone." : "";
            return new HopResult(
                Hop, Ok: true, (differences == 0 ? "The pair's rights are equal." : $"{differences} differences to be made equal.") + note);
        }
        catch (RotatorException e)
        {
            return new HopResult(Hop, Ok: false, e.Message, Remedy, e.Cause);
        }
    }

    /// <summary>
    /// Nobody said that the two belong together, and no version or unfinished rotation shows it. A clone that was left half-built lacks
    /// rights; it has none of its own.
    /// </summary>
    private static bool IsTakenByNameAlone(UserPair pair, RotationSubject subject) =>
        subject is { Pin: null, Settings.Users: null, MayHaveLeftAClone: false }
            && subject.Current.Username == pair.Base && !subject.FormerUsernames.Contains(pair.Twin);

    private static HopResult Namesake(UserPair pair, RightsChange own) => new(
        "clone", Ok: false,
        $"The server has a user {pair.Twin} already, with rights that {pair.Base} has not ({own.Right}): it may be somebody else's. If the "
            + $"two take turns, name them in the secret's rotation settings (Users: {pair.Base}, {pair.Twin})",
        $"Name the pair, or one with a free name: rekey rotate configure <secret> --users {pair.Base},{pair.Twin}",
        FailureCause.Precondition);

    private static async Task<HopResult> HopAsync(string hop, string remedy, Func<Task<string>> walk)
    {
        try
        {
            return new HopResult(hop, Ok: true, await walk());
        }
        catch (RotatorException e)
        {
            return new HopResult(hop, Ok: false, e.Message, remedy, e.Cause);
        }
    }
}
