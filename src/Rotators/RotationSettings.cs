namespace Rekey.Rotators;

/// <summary>
/// How a secret is rotated beyond what AWS's RotateSecret can say. The defaults suit a secret nobody has set anything for.
/// </summary>
public sealed record RotationSettings
{
    public static RotationSettings Default { get; } = new();

    /// <summary>What happens at each rotation to a clone's rights that differ from its base's.</summary>
    public GrantSync GrantSync { get; init; } = GrantSync.Mirror;

    /// <summary>Whether the single-user strategy keeps the old password beside the new one for the time of <see cref="Grace"/>.</summary>
    public OverlapMode Overlap { get; init; } = OverlapMode.Auto;

    /// <summary>
    /// How long after a rotation an overlapping old credential goes on logging in. An hour: AWS's caching clients refresh by then.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a credential that its target made stays disabled, which can be undone, before it is deleted, which cannot.
    /// </summary>
    public TimeSpan Soak { get; init; } = TimeSpan.FromHours(24);

    /// <summary>What credentials of the same principal mean that this secret's rotation did not have made.</summary>
    public ForeignCredentials ForeignCredentials { get; init; } = ForeignCredentials.Refuse;

    /// <summary>The names of the two users that take turns, base first; null for the base and its clone by AWS's naming rule.</summary>
    public UserNames? Users { get; init; }

    /// <summary>How PostgreSQL's clone comes by its rights.</summary>
    public PostgresCloneMode PostgresClone { get; init; } = PostgresCloneMode.Member;

    /// <summary>The NOLOGIN role that owns the objects with <see cref="PostgresCloneMode.OwnerRole"/>.</summary>
    public string? OwnerRole { get; init; }

    /// <summary>Whether the password itself or a verifier computed here is sent, where the engine takes both.</summary>
    public VerifierMode Verifier { get; init; } = VerifierMode.Auto;

    /// <summary>Whether sessions that logged in with the old credential are ended.</summary>
    public OldSessions OldSessions { get; init; } = OldSessions.Keep;

    /// <summary>Template settings that hold for this secret alone: EXCLUDE_CHARACTERS, PASSWORD_LENGTH, ...</summary>
    public IReadOnlyDictionary<string, string> Passwords { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// How often AWSCURRENT is proven to log in between rotations, at least every minute; null for the server's default, zero for never.
    /// </summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>
    /// True: when a heartbeat is refused, AWSCURRENT is made to log in again, if another stored version or the superuser still does.
    /// False: it is told, and nothing is changed; an application may be working with an older password.
    /// </summary>
    public bool HealOnFailedHeartbeat { get; init; }
}

/// <param name="Base">The user that administrators edit.</param>
/// <param name="Twin">The user that follows it.</param>
public sealed record UserNames(string Base, string Twin);

/// <summary>What is done about a clone whose rights differ.</summary>
public enum GrantSync
{
    /// <summary>The clone gets what it lacks and loses what it has too much.</summary>
    Mirror,

    /// <summary>The clone gets what it lacks.</summary>
    AddOnly,

    /// <summary>Nothing is changed; a rotation to a pair that differs is refused.</summary>
    VerifyOnly,

    /// <summary>Rights are given when the clone is made, and not looked at afterwards.</summary>
    Off,
}

/// <summary>Whether an account has two passwords while applications change over.</summary>
public enum OverlapMode
{
    /// <summary>Where engine, version and privileges allow it.</summary>
    Auto,

    /// <summary>A rotation that would have a gap is refused.</summary>
    Require,

    /// <summary>The old password is refused at once.</summary>
    Off,
}

/// <summary>The two ways in which two PostgreSQL roles can have equal rights.</summary>
public enum PostgresCloneMode
{
    /// <summary>AWS's: the clone is a member of its base. Simple, but each may change the other's password.</summary>
    Member,

    /// <summary>
    /// Base and clone are members of one NOLOGIN role that owns everything, and act as it: neither has power over the other.
    /// </summary>
    OwnerRole,
}

/// <summary>In what form a new password is sent.</summary>
public enum VerifierMode
{
    /// <summary>A verifier where the server takes one, so that the password reaches no server log.</summary>
    Auto,

    /// <summary>The password itself, for servers whose rules want to see it.</summary>
    Plain,
}

/// <summary>What is done about credentials that somebody else had a target make.</summary>
public enum ForeignCredentials
{
    /// <summary>They stop the rotation: whose they are is not known, and a slot may be missing.</summary>
    Refuse,

    /// <summary>They are left alone.</summary>
    Allow,
}

/// <summary>What becomes of sessions that outlive their password.</summary>
public enum OldSessions
{
    Keep,

    /// <summary>Ended when the old credential is retired, restricted to sessions of the retiring login.</summary>
    EndAfterGrace,
}
