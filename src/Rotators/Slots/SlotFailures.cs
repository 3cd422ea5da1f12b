using System.Globalization;

namespace Rekey.Rotators.Slots;

/// <summary>Why a rotation cannot have its slot. The native code is a name that programs can tell them apart by.</summary>
internal static class SlotFailures
{
    public const string Occupied = "SlotOccupied";
    public const string Full = "SlotsFull";
    public const string Used = "SlotInUse";
    public const string Soaking = "SlotSoaking";

    public static RotatorException Of(SlotAction action, int slotsMax) => action.Kind switch
    {
        SlotActionKind.RefuseForeign => Refused(FailureCause.Precondition, Occupied,
            $"The principal has a credential that this secret's rotation did not make: {action.Id}. Delete it, or allow foreign ones in "
                + "the secret's rotation settings"),
        SlotActionKind.RefuseFull => Refused(FailureCause.Precondition, Full,
            $"All {slotsMax} slots are taken, and none of them by a former credential of this secret: delete one at the target"),
        SlotActionKind.Wait => Refused(FailureCause.Unavailable, Soaking,
            $"The slot of {action.Id} is being freed; its next step is due at {At(action.NotBefore!.Value)}", action.NotBefore),
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    public static RotatorException InUse(string id, DateTimeOffset notBefore) => Refused(FailureCause.Unavailable, Used,
        $"The former credential {id}, whose slot is needed, is still being used; its next step is due at {At(notBefore)} at the "
            + "earliest", notBefore);

    public static RotatorException NotKnownEverywhere(string id, SlotSettings settings) => new(FailureCause.Unavailable,
        $"The target did not let the new credential {id} in {settings.SuccessesWanted} times in a row within "
            + $"{settings.ConsistencyMax.TotalSeconds:0} s. It is kept, and asked about again");

    public static RotatorException CurrentRefused(string id, SlotSettings settings) => new(FailureCause.Unavailable,
        $"The target did not let AWSCURRENT's credential {id} in {settings.SuccessesWanted} times in a row within "
            + $"{settings.ConsistencyMax.TotalSeconds:0} s: no other credential is taken away");

    private static RotatorException Refused(FailureCause cause, string code, string message, DateTimeOffset? notBefore = null) =>
        new RotatorException(cause, message, nativeCode: code) { NotBefore = notBefore }.Untouched();

    private static string At(DateTimeOffset time) => time.UtcDateTime.ToString("u", CultureInfo.InvariantCulture);
}
