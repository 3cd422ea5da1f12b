using Rekey.Rotators.Slots;

namespace Rekey.Rotators;

/// <summary>Whose password rotates, and by what rules.</summary>
public record RotationSubject
{
    /// <summary>AWSCURRENT: what applications log in with.</summary>
    public required DatabaseCredentials Current { get; init; }

    /// <summary>Users that the secret's other versions name; found out only while nothing is pinned and no pair is named.</summary>
    public IReadOnlyCollection<string> FormerUsernames { get; init; } = [];

    /// <summary>
    /// True when rotations have begun at the target and none has succeeded: the clone may be what they left. Found out when the former are.
    /// </summary>
    public bool MayHaveLeftAClone { get; init; }

    /// <summary>The superuser bound to the secret's rotation, with the database of Current; null when there is none.</summary>
    public DatabaseCredentials? Superuser { get; init; }

    /// <summary>What was true when rotation was enabled; null before it has been found out.</summary>
    public PinnedTarget? Pin { get; init; }

    public RotationSettings Settings { get; init; } = RotationSettings.Default;

    /// <summary>Told of every login; null when nobody keeps count.</summary>
    public LoginReport? Logins { get; init; }

    /// <summary>How many attempts were refused since one succeeded: each begins with other versions, for it may try but few.</summary>
    public int Turn { get; init; }

    /// <summary>What is stored of the secret's slots, where its target makes the credentials itself; else null.</summary>
    public SlotBook? Slots { get; init; }
}

/// <summary>The stored versions a rotation works with.</summary>
public sealed record RotationRequest : RotationSubject
{
    public required DatabaseCredentials Pending { get; init; }
    public DatabaseCredentials? Previous { get; init; }

    /// <summary>
    /// True when an earlier attempt may already have changed the password: Pending is probed first then, otherwise Current.
    /// </summary>
    public bool PendingMayBeLive { get; init; }

    /// <summary>
    /// True when an earlier attempt has set Pending and seen it log in: whoever refuses it since is likely to be another server.
    /// </summary>
    public bool PendingIsProven { get; init; }

    /// <summary>
    /// Versions of rotations that were abandoned when they may have changed the password already, and of which nobody has found out yet
    /// whether they log in; newest first.
    /// </summary>
    public IReadOnlyList<DatabaseCredentials> Suspects { get; init; } = [];
}

/// <summary>
/// The target a secret's rotation was enabled for. A stored value that aims elsewhere is refused, whoever wrote it.
/// </summary>
/// <param name="ServerIdentity">What the server says of itself: a uuid, a system identifier.</param>
/// <param name="Host">Host and port as in the value at enablement.</param>
/// <param name="Username">The base user.</param>
public sealed record PinnedTarget(string ServerIdentity, string Host, int Port, string Username);

/// <summary>What setSecret found and did.</summary>
/// <param name="Pin">What to hold later rotations to.</param>
/// <param name="RefusedSince">
/// Since when the server refuses Current; null when a login proved that it does not: nobody is locked out until AWSCURRENT moves.
/// </param>
/// <param name="MustRetire">True when Current's password has to be taken away after the grace.</param>
/// <param name="Notices">What an operator should know, free of secrets.</param>
public sealed record SetSecretResult(PinnedTarget Pin, DateTimeOffset? RefusedSince, bool MustRetire, IReadOnlyList<string> Notices);

/// <summary>What a rotation would do.</summary>
/// <param name="Differences">In what the clone differs from its base, for people; empty without a pair.</param>
/// <param name="Statements">What would be sent, in order, values masked.</param>
public sealed record RotationPlan(string Username, IReadOnlyList<string> Differences, IReadOnlyList<string> Statements);
