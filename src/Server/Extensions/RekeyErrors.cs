using Rekey.Aws;
using Rekey.Rotators;

namespace Rekey.Server.Extensions;

/// <summary>The errors of Rekey's own operations: shapes that Secrets Manager has too, texts in its manner. None holds a value.</summary>
internal static class RekeyErrors
{
    private static readonly ErrorShape InvalidRequest = ErrorShape.Client("InvalidRequestException");
    private static readonly ErrorShape InvalidParameter = ErrorShape.Client("InvalidParameterException");

    public static ServiceException UnknownSetting(string name) =>
        new(InvalidParameter, $"Settings has no member {EchoedText.Shown(name)}.");

    /// <param name="fault">Says which of them it is.</param>
    public static ServiceException BadPasswordSettings(string fault) => new(InvalidParameter, $"Settings.Passwords: {fault}.");

    public static ServiceException HeartbeatTooOften(int secondsMin) =>
        new(InvalidParameter, $"Settings.HeartbeatSeconds must be 0, for no heartbeat, or from {secondsMin} on.");

    public static ServiceException SameUserTwice() =>
        new(InvalidParameter, "Settings.Users.Base and Settings.Users.Twin must be two users.");

    public static ServiceException UserNameTooLong(string member, string engine, int lengthMax) =>
        new(InvalidParameter, $"Settings.Users.{member} is too long: {engine} takes names of up to {lengthMax}.");

    public static ServiceException OwnerRoleMissing() => new(
        InvalidParameter, "Settings.OwnerRole must be given when Settings.PostgresClone is ownerRole.");

    public static ServiceException OwnerRoleWithoutMode() => new(
        InvalidParameter, "Settings.OwnerRole must not be given unless Settings.PostgresClone is ownerRole.");

    public static ServiceException NotPostgres(string engine) => new(
        InvalidParameter, $"Settings.PostgresClone must be member: the secret's rotation function is for {engine}.");

    /// <summary>The target or the stored value does not let a plan be made.</summary>
    public static ServiceException NoPlan(RotatorException failure) =>
        new(InvalidRequest, $"A rotation can't be planned ({failure.Cause}): {failure.Message}");

    /// <summary>The same, where what failed is not the target.</summary>
    public static ServiceException NoPlanInTime(double seconds) =>
        new(InvalidRequest, $"A rotation can't be planned ({FailureCause.Timeout}): the target took longer than {seconds:0.##} s.");
}
