namespace Rekey.Server.Tests.Simulation;

/// <summary>A user of a simulated server. Passwords are the simulation's own and real to nobody.</summary>
internal sealed class SimulatedAccount(string name)
{
    public string Name { get; } = name;

    /// <summary>What logs in: none, one or two; the one set last comes last.</summary>
    public List<string> Passwords { get; } = [];

    public SortedSet<string> Rights { get; } = new(StringComparer.Ordinal);

    public bool IsLocked { get; set; }

    public bool IsSuperuser { get; init; }

    /// <summary>Refused logins since the last one that was let in, and when the last of them was.</summary>
    public int Refused { get; set; }

    /// <inheritdoc cref="Refused"/>
    public DateTimeOffset RefusedAt { get; set; }

    /// <summary>The simulator's step in which anyone but a rotation that held its lease changed it.</summary>
    public long TouchedAt { get; set; }

    public bool LogsIn(string password) => !IsLocked && Passwords.Contains(password);
}
