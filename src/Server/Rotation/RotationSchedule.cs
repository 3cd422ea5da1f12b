using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rekey.Server.Schedules;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Rotation;

/// <summary>
/// The dates a secret shows and starts by. While a rotation is in progress its row holds the time and RotationDueDate is null; otherwise
/// RotationDueDate is the moment in the next window at which the scheduler starts one.
/// </summary>
internal static class RotationSchedule
{
    /// <summary>The secret with the dates of its next window after <paramref name="now"/>; without them when it has no schedule.</summary>
    public static Secret WithNextWindow(Secret secret, RotationOptions options, DateTimeOffset now, DateTimeOffset? lastRotated)
    {
        if (NextWindow(secret, now, lastRotated) is not { } window) return secret with { NextRotationDate = null, RotationDueDate = null };
        return secret with
        {
            NextRotationDate = window.NextRotationDate,
            RotationDueDate = window.Opens + Spread(secret.Arn, window, options),
        };
    }

    /// <summary>The secret while a rotation is in progress: the next date is shown, but only the rotation's end starts another.</summary>
    public static Secret WithRotationInProgress(Secret secret) => secret with { RotationDueDate = null };

    /// <summary>The secret with rotation switched off; its function and rules stay. Never configured stays so.</summary>
    public static Secret WithRotationOff(Secret secret) => secret with
    {
        RotationEnabled = secret.RotationEnabled is null ? null : false,
        NextRotationDate = null,
        RotationDueDate = null,
    };

    /// <summary>A value stored by hand counts as a rotation when the next date is computed.</summary>
    public static Secret AfterManualChange(Secret secret, RotationOptions options, DateTimeOffset now) =>
        secret.RotationEnabled == true ? WithNextWindow(secret, options, now, now) : secret;

    /// <summary>The next window, or null when rotation is off or has no schedule.</summary>
    public static RotationWindow? NextWindow(Secret secret, DateTimeOffset now, DateTimeOffset? lastRotated)
    {
        if (secret.RotationEnabled != true || secret.RotationRules is not { } shown || Rules(shown) is not { } rules) return null;
        // A rotation that a wrong clock put into the future counts from now.
        return rules.NextWindow(now, lastRotated > now ? now : lastRotated);
    }

    /// <summary>What days are counted from when a window passed without a rotation: the last one, or the beginning.</summary>
    public static DateTimeOffset CountedFrom(Secret secret) => secret.LastRotatedDate ?? secret.CreatedDate;

    /// <summary>Exclusive end of the window that a due secret is in.</summary>
    public static DateTimeOffset WindowEnd(Secret secret) => secret.NextRotationDate!.Value + TimeSpan.FromSeconds(1);

    private static RotationScheduleRules? Rules(RotationRules shown) => shown switch
    {
        // AutomaticallyAfterDays beside an expression is computed from it, not given.
        { ScheduleExpression: { } expression } => RotationScheduleRules.Parse(null, expression, shown.Duration),
        { AutomaticallyAfterDays: { } days } => RotationScheduleRules.Parse(days, null, shown.Duration),
        _ => null,
    };

    /// <summary>
    /// Where in the window's first part a secret starts: the same for one secret, even over many, so that no crowd forms.
    /// </summary>
    private static TimeSpan Spread(string secretArn, RotationWindow window, RotationOptions options)
    {
        const double PartOfWindow = 0.25;
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(secretArn));
        var fraction = BinaryPrimitives.ReadUInt32BigEndian(digest) / (double)uint.MaxValue;
        var room = Math.Min(options.SpreadSeconds, (window.Closes - window.Opens).TotalSeconds * PartOfWindow);
        return TimeSpan.FromSeconds(Math.Floor(fraction * room));
    }
}
