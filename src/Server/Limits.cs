namespace Rekey.Server;

/// <summary>Every protocol bound, with its unit and its source. Sorted by subject.</summary>
internal static class Limits
{
    // Schedules. "Guide" is the AWS Secrets Manager User Guide, "Rotation schedules"; "model" is secretsmanager.json.

    /// <summary>Days; model, AutomaticallyRotateAfterDaysType.</summary>
    public const long AutomaticallyAfterDaysMin = 1;

    /// <summary>Days; model, AutomaticallyRotateAfterDaysType.</summary>
    public const long AutomaticallyAfterDaysMax = 1000;

    /// <summary>Characters; model, ScheduleExpressionType.</summary>
    public const int ScheduleExpressionCharsMax = 256;

    /// <summary>Hours between two openings of a rotation window; Guide.</summary>
    public const int ScheduleHoursMin = 4;

    /// <summary>Days between two openings under rate(); Guide.</summary>
    public const int ScheduleRateDaysMax = 999;
}
