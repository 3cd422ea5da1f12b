using Rekey.Aws;

namespace Rekey.Server.Schedules;

/// <summary>What is wrong with rotation rules: always InvalidParameterException, as on AWS, which leaves most of the texts open.</summary>
internal static class ScheduleErrors
{
    private static readonly ErrorShape InvalidParameter = ErrorShape.Client("InvalidParameterException");

    public static ServiceException FrequencyAndExpression() =>
        new(InvalidParameter, "You cannot specify both rotation frequency and schedule expression together.");

    public static ServiceException Frequency() =>
        new(InvalidParameter, "RotationRules.AutomaticallyAfterDays must be within " +
            $"{Limits.AutomaticallyAfterDaysMin}-{Limits.AutomaticallyAfterDaysMax}.");

    public static ServiceException Expression(string reason) => new(InvalidParameter, $"Invalid rotation schedule expression: {reason}");

    public static ServiceException Duration(string reason) => new(InvalidParameter, $"Invalid rotation window duration: {reason}");
}
