using System.Text.Json;

namespace Rekey.Benchmarks.Micro;

/// <summary>The bytes that each hot path may allocate, from <c>budgets.json</c>. Going over is a failure; well under is said.</summary>
internal static class Budgets
{
    private const string FileName = "budgets.json";
    private const double WorthLowering = 0.9;

    /// <summary>Prints each measurement beside its budget; true when all are kept and every budget has its measurement.</summary>
    public static bool Check(IReadOnlyList<Measurement> measurements)
    {
        var json = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, FileName));
        var budgets = JsonSerializer.Deserialize<Dictionary<string, long>>(json)!;
        var isKept = true;
        foreach (var measurement in measurements)
        {
            var verdict = budgets.Remove(measurement.Name, out var budget) ? Verdict(measurement, budget) : "no budget: add one";
            isKept &= verdict.StartsWith("of", StringComparison.Ordinal);
            Console.WriteLine($"{measurement}  {verdict}");
        }
        foreach (var name in budgets.Keys) Console.WriteLine($"{name}: a budget, but no such benchmark");
        return isKept && budgets.Count == 0;
    }

    private static string Verdict(Measurement measurement, long budget)
    {
        if (measurement.AllocatedBytes > budget) return $"OVER the budget of {budget:N0}";
        return measurement.AllocatedBytes < budget * WorthLowering ? $"of {budget:N0}: the budget can be lowered" : $"of {budget:N0}";
    }
}
