using Rekey.Rotators.Slots;
using Rekey.Server.Storage;

namespace Rekey.Server.Rotation.Slots;

/// <summary>All SQL of <c>rotation_slots</c>.</summary>
internal static class SlotRows
{
    /// <summary>The secret's journal; null while it has none.</summary>
    public static SlotState? Find(Session session, string secretArn) =>
        session.Find("SELECT state FROM rotation_slots WHERE arn = @arn", row => SlotStateJson.Read(row.Text(0)), ("arn", secretArn));

    public static SlotState Of(Session session, string secretArn) => Find(session, secretArn) ?? SlotState.Empty;

    public static void Write(Session session, string secretArn, SlotState state) =>
        session.Execute(
            "INSERT INTO rotation_slots (arn, state) VALUES (@arn, @state) ON CONFLICT (arn) DO UPDATE SET state = @state",
            ("arn", secretArn), ("state", SlotStateJson.Write(state)));
}
