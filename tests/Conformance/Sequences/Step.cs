using System.Globalization;
using System.Text.Json.Nodes;

namespace Rekey.Conformance.Sequences;

/// <summary>One call of a sequence, whole: it means the same when others before it are left out.</summary>
/// <param name="Number">Its place in the sequence as it was generated.</param>
/// <param name="Pause">By how much the clock moves before it.</param>
/// <param name="Request">May hold symbols for what the server has drawn in earlier calls.</param>
internal sealed record Step(int Number, TimeSpan Pause, string Region, string Operation, JsonObject Request)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Number,6} +{Pause:c} {Region} {Operation} {Request.ToJsonString()}");
}
