namespace Rekey.Rotators.Strategies;

internal static class Failures
{
    /// <summary>The same failure, told in the words of the step.</summary>
    public static RotatorException Prefixed(string prefix, RotatorException cause)
    {
        var prefixed = new RotatorException(cause.Cause, $"{prefix}: {cause.Message}", cause.SqlState, cause.NativeCode, cause);
        return cause.TargetUntouched ? prefixed.Untouched() : prefixed;
    }

    public static RotatorException Precondition(string message) => new(FailureCause.Precondition, message);
}
