namespace Rekey.Conformance.Engines;

/// <summary>A data folder that is made once in a test run; every server of its kind gets a copy.</summary>
/// <param name="initialize">Makes the folder of the first path, which is not there yet; temporary files belong into the second.</param>
internal sealed class ServerTemplate(Func<string, string, Task> initialize)
{
    private readonly Lazy<Task<string>> _data = new(() => MakeAsync(initialize));

    public async Task CopyToAsync(string dataFolder, CancellationToken cancellationToken) =>
        await UnprivilegedUser.RunAsync("/", cancellationToken, "cp", "--archive", "--sparse=always", await _data.Value, dataFolder);

    private static async Task<string> MakeAsync(Func<string, string, Task> initialize)
    {
        var folder = Directory.CreateTempSubdirectory("rekey-template-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var data = Path.Combine(folder.FullName, "data");
        await initialize(data, folder.CreateSubdirectory("tmp").FullName);
        return data;
    }
}
