namespace Rekey.Rotators;

/// <summary>
/// Named places between two effects where a test may kill the process. Nothing outside the test host can set the hook, so in the product
/// each is one null check.
/// </summary>
public static class FaultPoint
{
    internal static Action<string>? Hook { get; set; }

    public static void Reach(string name) => Hook?.Invoke(name);
}
