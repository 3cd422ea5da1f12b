using System.Globalization;

namespace Rekey.Benchmarks.Load;

/// <summary><c>load [--secrets 1000,100000] [--seconds 5] [--rounds 5] [--connections 32]</c></summary>
internal sealed record LoadOptions(int[] Secrets, TimeSpan Duration, int Rounds, int Connections)
{
    public static LoadOptions Parse(string[] arguments)
    {
        var options = new LoadOptions([1000, 100_000], TimeSpan.FromSeconds(5), Rounds: 5, Connections: 32);
        for (var index = 0; index < arguments.Length; index += 2)
        {
            if (index + 1 == arguments.Length) throw new ArgumentException($"{arguments[index]} needs a value.");
            var value = arguments[index + 1];
            options = arguments[index] switch
            {
                "--secrets" => options with { Secrets = [.. value.Split(',').Select(Number)] },
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(Number(value)) },
                "--rounds" => options with { Rounds = Number(value) },
                "--connections" => options with { Connections = Number(value) },
                var unknown => throw new ArgumentException($"Unknown option {unknown}."),
            };
        }
        return options;
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{text} is not a positive number.");
}
