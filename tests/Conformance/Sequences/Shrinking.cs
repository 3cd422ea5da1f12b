namespace Rekey.Conformance.Sequences;

/// <summary>Makes a failing sequence short: leaves out ever smaller pieces of it as long as what is left still fails.</summary>
internal static class Shrinking
{
    private const int RunsMax = 200;

    /// <param name="failsAsync">Whether a sequence fails when it is played against a new server.</param>
    public static async Task<List<Step>> ShrinkAsync(List<Step> steps, Func<List<Step>, Task<bool>> failsAsync)
    {
        var runs = 0;
        for (var size = steps.Count / 2; size >= 1; size /= 2)
        {
            for (var start = 0; start < steps.Count && runs < RunsMax;)
            {
                List<Step> shorter = [.. steps[..start], .. steps[Math.Min(start + size, steps.Count)..]];
                runs++;
                if (shorter.Count > 0 && await failsAsync(shorter)) steps = shorter;
                else start += size;
            }
        }
        return steps;
    }
}
