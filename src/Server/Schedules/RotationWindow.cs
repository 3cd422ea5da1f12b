namespace Rekey.Server.Schedules;

/// <summary>
/// A span of time, within one UTC day, in which a scheduled rotation may start: from <paramref name="Opens"/> (on the hour) up to but not
/// including <paramref name="Closes"/>. Both are UTC.
/// </summary>
internal sealed record RotationWindow(DateTimeOffset Opens, DateTimeOffset Closes)
{
    /// <summary>The last second of the window, as DescribeSecret shows it.</summary>
    public DateTimeOffset NextRotationDate => Closes - TimeSpan.FromSeconds(1);

    public bool Contains(DateTimeOffset moment) => Opens <= moment && moment < Closes;
}
