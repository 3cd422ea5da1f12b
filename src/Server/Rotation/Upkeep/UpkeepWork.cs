using Rekey.Rotators;
using Rekey.Server.Rotation.Native;
using Rekey.Server.Rotation.Slots;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Rotation.Upkeep;

/// <summary>
/// What a task does to the database, with the ready-to-run rotator of the secret. All of it converges: it may be repeated after any part of
/// it has happened.
/// </summary>
internal sealed class UpkeepWork(RotationValueReader values, RotationFunctions functions, TlsRule tls, SlotBooks books)
{
    /// <param name="mayGoOn">Asked right before the database is spoken to: false when the task was lost.</param>
    /// <returns>Null when it was lost.</returns>
    public Task<UpkeepResult?> RunAsync(UpkeepTask task, Secret secret, Func<bool> mayGoOn, CancellationToken cancellationToken)
    {
        var function = functions.Find(secret.RotationLambdaArn ?? "")
            ?? throw new RotatorException(FailureCause.Precondition, "The secret names no rotation function that can be run here.");
        return task.Kind switch
        {
            UpkeepKind.Retire => RetireAsync(),
            UpkeepKind.Heal => HealAsync(function.Rotator),
            UpkeepKind.Heartbeat => CheckAsync(function.Rotator),
            _ => throw new ArgumentOutOfRangeException(nameof(task)),
        };

        Task<UpkeepResult?> RetireAsync() => tls.RunAsync(
            secret, mode => values.ReadSubject(function, secret, mode),
            async subject =>
            {
                if (!mayGoOn()) return null;
                if (function.Slots is not null) subject = WithSlots(subject);
                var again = await function.Rotator.RetireAsync(subject, cancellationToken);
                return new UpkeepResult(UpkeepOutcome.Succeeded) { Again = again };
            });

        RotationSubject WithSlots(RotationSubject subject)
        {
            var pending = secret.FindLabelled(StagingLabels.Pending);
            return subject with
            {
                Slots = books.Open(function, secret, subject.Current, pending, session => UpkeepRows.Holds(session, task)),
            };
        }

        Task<UpkeepResult?> HealAsync(IDatabaseRotator rotator) => tls.RunAsync(
            secret, mode => values.ReadForHealing(function, secret, mode),
            async subject => mayGoOn() ? await UpkeepWork.HealAsync(rotator, subject, task.Attempt, cancellationToken) : null);

        Task<UpkeepResult?> CheckAsync(IDatabaseRotator rotator) => tls.RunAsync(
            secret, mode => values.ReadForHealing(function, secret, mode),
            async subject => mayGoOn() ? await UpkeepWork.CheckAsync(rotator, subject, cancellationToken) : null);
    }

    private static async Task<UpkeepResult?> HealAsync(
        IDatabaseRotator rotator, HealingSubject subject, int attempt, CancellationToken cancellationToken)
    {
        try
        {
            var isHealed = await rotator.HealAsync(subject, subject.Candidates, cancellationToken);
            var message = isHealed
                ? "AWSCURRENT was refused; it logs in again."
                : "AWSCURRENT logs in; nothing was changed.";
            return new UpkeepResult(UpkeepOutcome.Succeeded, Message: message) { IsHealed = isHealed };
        }
        catch (RotatorException exception) when (exception.Cause == FailureCause.Auth)
        {
            return UpkeepResult.Of(exception) with
            {
                HasMoreCandidates = subject.Superuser is null && subject.Candidates.Count > attempt,
                HasSuspects = subject.HasSuspects,
            };
        }
    }

    /// <summary>
    /// With HealOnFailedHeartbeat the healing comes first: its first login is the heartbeat's, so that one that is refused is not repeated.
    /// Not by a superuser before an account was pinned: the value alone, which others may write, would say whose password it sets.
    /// </summary>
    private static async Task<UpkeepResult?> CheckAsync(
        IDatabaseRotator rotator, HealingSubject subject, CancellationToken cancellationToken)
    {
        if (subject.Settings.HealOnFailedHeartbeat && (subject.Superuser is null || subject.Pin is not null)
            && await HealAsync(rotator, subject with { Turn = 0 }, attempt: 1, cancellationToken) is { } healing
            && (healing.IsHealed || healing.Outcome == UpkeepOutcome.Failed))
        {
            return healing;
        }
        var differences = await rotator.CheckAsync(subject, cancellationToken);
        return differences.Count == 0
            ? new UpkeepResult(UpkeepOutcome.Succeeded)
            : new UpkeepResult(UpkeepOutcome.Drifted, Message: Shown(differences));
    }

    private static string Shown(IReadOnlyList<string> differences)
    {
        const int ShownMax = 5;
        var more = differences.Count > ShownMax ? $" and {differences.Count - ShownMax} more" : "";
        return string.Join("; ", differences.Take(ShownMax)) + more;
    }
}
