namespace Rekey.Server.Tests.Fuzz;

/// <summary>
/// Runs a target on a number of inputs that follow from a seed alone. A broken property, and an input that does not come to an end, is told
/// with the seed and the input in hexadecimal digits, which <see cref="FuzzTests"/> takes as a case.
/// </summary>
internal static class Fuzzer
{
    /// <summary>An input that is not done by then hangs: it takes microseconds, on a machine however busy less than a minute.</summary>
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(FuzzTarget target, int seed, int inputs, CancellationToken cancellationToken)
    {
        var run = new Run(target, seed, inputs);
        var work = Task.Factory.StartNew(run.Work, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var (at, input) = run.Progress;
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(s_hang, TimeProvider.System, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (!work.IsCompleted && run.Progress.At == at)
                throw new FuzzException(target, seed, at, input, "The input does not end.", null);
            (at, input) = run.Progress;
        }
        await work;
    }

    private sealed class Run(FuzzTarget target, int seed, int inputs)
    {
        private volatile Step _step = new(0, []);

        public Step Progress => _step;

        public void Work()
        {
            var mutator = new Mutator(target, new Random(seed));
            for (var at = 0; at < inputs; at++)
            {
                var input = mutator.Next();
                _step = new Step(at, input);
                try
                {
                    target.Check(input);
                }
                catch (Exception fault)
                {
                    throw new FuzzException(target, seed, at, input, fault.Message, fault);
                }
            }
        }
    }

    private sealed record Step(int At, byte[] Input);
}

/// <summary>An input for which a property of its target does not hold.</summary>
internal sealed class FuzzException(FuzzTarget target, int seed, int at, byte[] input, string why, Exception? fault) : Exception(
    $"{target.Name}, seed {seed}, input {at}: {why}{Environment.NewLine}"
        + $"Replay: [InlineData(\"{target.Name}\", \"{Convert.ToHexString(input)}\")]",
    fault);
