namespace Rekey.Rotators.Slots;

/// <summary>How credentials follow each other in their slots.</summary>
public sealed record SlotSettings
{
    public static SlotSettings Default { get; } = new();

    /// <summary>What a secret's rotation settings mean for its slots.</summary>
    public static SlotSettings Of(RotationSettings settings) => new()
    {
        Grace = settings.Grace,
        Soak = settings.Soak,
        AllowsForeign = settings.ForeignCredentials == ForeignCredentials.Allow,
    };

    /// <summary>
    /// How long the old credential stays as it is after a rotation. An hour: AWS's caching clients refresh by then.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a credential must not have been used before it is disabled.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Between disabling, which can be undone, and deleting, which cannot.</summary>
    public TimeSpan Soak { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Logins that must succeed one after the other before the new credential counts as known everywhere.</summary>
    public int SuccessesWanted { get; init; } = 3;

    /// <summary>Between those logins.</summary>
    public TimeSpan TestPause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one attempt waits for a credential to be known everywhere: less than a step may take.</summary>
    public TimeSpan ConsistencyMax { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>By when a list shows what a broken-off call made.</summary>
    public TimeSpan ListLagMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Credentials that somebody else made are left alone. Otherwise they stop the rotation.</summary>
    public bool AllowsForeign { get; init; }

    /// <summary>
    /// The old credential is left until the next rotation needs its slot, as AWS's guide for access keys has it; else it goes after the
    /// grace.
    /// </summary>
    public bool KeepsUntilNext { get; init; }

    /// <summary>The old credential goes although it was used a moment ago.</summary>
    public bool Forces { get; init; }
}
