namespace Rekey.Server.Tests.Simulation;

internal enum WriteFate
{
    Normal,
    Held,
    HeldAfter,
    FailsBefore,
    FailsAfter,
    CrashesBefore,
    CrashesAfter,
}

internal enum StatementFate
{
    Normal,

    /// <summary>The request takes its time; the step may be over when it arrives.</summary>
    Held,

    /// <summary>The reply takes its time.</summary>
    HeldAfter,

    /// <summary>The connection breaks before the statement arrives, or after it took effect: the caller cannot tell.</summary>
    LostBefore,
    LostAfter,

    /// <summary>No answer in time: it never arrived, it took effect, or it will.</summary>
    TimesOutBefore,
    TimesOutAfter,
    TimesOutLate,

    /// <summary>Refused for the moment: too many connections, a lock.</summary>
    Unavailable,
    CrashesBefore,
    CrashesAfter,
}

/// <summary>What goes wrong, by the seed. Each run has its own mix.</summary>
internal sealed class Faults
{
    private readonly Random _random;
    private readonly double _holds;
    private readonly double _statementFaults;
    private readonly double _writeFaults;
    private readonly double _crashes;

    public Faults(Random random)
    {
        _random = random;
        _holds = Pick(0.02, 0.1, 0.3);
        _statementFaults = Pick(0, 0.03, 0.08, 0.2);
        _writeFaults = Pick(0, 0, 0.01, 0.05);
        _crashes = Pick(0, 0.005, 0.02);
    }

    /// <summary>True once everything works.</summary>
    public bool AreOver { get; set; }

    public WriteFate OfWrite()
    {
        if (AreOver) return WriteFate.Normal;
        var dice = _random.NextDouble();
        if (Falls(ref dice, _holds / 2)) return Either(WriteFate.Held, WriteFate.HeldAfter);
        if (Falls(ref dice, _writeFaults)) return Either(WriteFate.FailsBefore, WriteFate.FailsAfter);
        return Falls(ref dice, _crashes / 2) ? Either(WriteFate.CrashesBefore, WriteFate.CrashesAfter) : WriteFate.Normal;
    }

    public StatementFate OfStatement()
    {
        if (AreOver) return StatementFate.Normal;
        var dice = _random.NextDouble();
        if (Falls(ref dice, _holds)) return Either(StatementFate.Held, StatementFate.HeldAfter);
        if (Falls(ref dice, _crashes)) return Either(StatementFate.CrashesBefore, StatementFate.CrashesAfter);
        if (!Falls(ref dice, _statementFaults)) return StatementFate.Normal;
        return _random.Next(6) switch
        {
            0 => StatementFate.LostBefore,
            1 => StatementFate.LostAfter,
            2 => StatementFate.TimesOutBefore,
            3 => StatementFate.TimesOutAfter,
            4 => StatementFate.TimesOutLate,
            _ => StatementFate.Unavailable,
        };
    }

    /// <summary>Whether the process dies at a place between two effects.</summary>
    public bool CrashHere() => !AreOver && _random.NextDouble() < _crashes / 4;

    private static bool Falls(ref double dice, double chance)
    {
        if (dice < chance) return true;
        dice -= chance;
        return false;
    }

    private T Either<T>(T one, T other) => _random.Next(2) == 0 ? one : other;

    private double Pick(params double[] values) => values[_random.Next(values.Length)];
}
