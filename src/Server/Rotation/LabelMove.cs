using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rekey.Server.Rotation;

/// <summary>A staging label that a rotation moved.</summary>
/// <param name="From">The version it was on; null for none.</param>
/// <param name="To">The version it is on now; null for none.</param>
internal sealed record LabelMove(string Label, string? From, string? To);

/// <summary>How the moves of an event are stored.</summary>
internal static class LabelMoves
{
    public static string? Write(IReadOnlyList<LabelMove> moves) =>
        moves.Count == 0 ? null : JsonSerializer.Serialize([.. moves], LabelMovesJson.Default.LabelMoveArray);

    public static IReadOnlyList<LabelMove> Read(string? json) =>
        json is null ? [] : JsonSerializer.Deserialize(json, LabelMovesJson.Default.LabelMoveArray) ?? [];
}

[JsonSerializable(typeof(LabelMove[]))]
internal sealed partial class LabelMovesJson : JsonSerializerContext;
