using Rekey.Benchmarks.Load;
using Rekey.Benchmarks.Micro;
using Rekey.Benchmarks.Rotation;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};

switch (args)
{
    case ["load", .. var options]:
        await LoadBenchmark.RunAsync(LoadOptions.Parse(options), stop.Token);
        return 0;
    case ["bare", var url]:
        await BareServer.RunAsync(url, stop.Token);
        return 0;
    case ["rotate", .. var options]:
        await RotationBenchmark.RunAsync(RotationBenchmarkOptions.Parse(options), stop.Token);
        return 0;
    case ["rotate-raw", .. var round]:
        await RawRotation.RunAsync(round, stop.Token);
        return 0;
    case ["micro"]:
        return await MicroBenchmark.RunAsync(stop.Token) ? 0 : 1;
    default:
        Console.Error.WriteLine("Usage: load [--secrets 1000,100000] [--seconds 5] [--rounds 5] [--connections 32] | "
            + "rotate [--secrets 100] [--rounds 5] [--concurrent 8] | micro");
        return 2;
}
