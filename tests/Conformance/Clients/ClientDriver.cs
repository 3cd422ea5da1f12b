using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rekey.Server.Tests.Fakes;

namespace Rekey.Conformance.Clients;

/// <summary>
/// A client of AWS in a process of its own that makes one call after the other. Calls go in, one line of JSON each:
/// <c>{"Operation", "Parameters", "PageSize"?, "Client"?: {"Region", "AccessKeyId", "SecretAccessKey", "RetryMode", "Attempts",
/// "Unchecked"}}</c>; a page size asks for the client's own way of following pages, Unchecked for parameters as they are. A line comes
/// out for each: <c>{"Result"}</c>, or <c>{"Pages"}</c> with the members of each page, or <c>{"Code", "Message"}</c> of a refusal and
/// whether it came as the class that the model has for it ("Modelled"); beside that "Status", "RequestId" and "Attempts" where the
/// client tells. <c>{"Fault"}</c> is the client's own complaint. Binary values are <c>{"$blob": base64}</c> and times
/// <c>{"$time": milliseconds}</c>, so that they differ from text and numbers. A call without an operation asks for a
/// <see cref="ClientDescription"/>.
/// </summary>
internal sealed class ClientDriver : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _complaint;

    private ClientDriver(InstalledClient client, Process process)
    {
        Client = client;
        _process = process;
        _complaint = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    public InstalledClient Client { get; }

    public static ClientDriver Start(InstalledClient client, Uri endpoint)
    {
        var start = client.StartInfo();
        Prepare(start, endpoint);
        return new ClientDriver(client, Process.Start(start)!);
    }

    /// <summary>The environment of a client: the root's key, and nothing of whoever runs the tests.</summary>
    public static void Prepare(ProcessStartInfo client, Uri endpoint)
    {
        foreach (var name in client.Environment.Keys.Where(name => name.StartsWith("AWS_", StringComparison.Ordinal)).ToArray())
            client.Environment.Remove(name);
        client.Environment["AWS_CONFIG_FILE"] = "/dev/null";
        client.Environment["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null";
        client.Environment["AWS_ACCESS_KEY_ID"] = TestServer.RootAccessKeyId;
        client.Environment["AWS_SECRET_ACCESS_KEY"] = TestServer.RootSecretAccessKey;
        client.Environment["AWS_DEFAULT_REGION"] = "us-east-1"; // of Python
        client.Environment["AWS_REGION"] = "us-east-1"; // of JavaScript
        client.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        client.Environment["AWS_PAGER"] = "";
        client.Environment["REKEY_ENDPOINT"] = endpoint.GetLeftPart(UriPartial.Authority);
    }

    public async Task<JsonObject> CallAsync(JsonObject call, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(call.ToJsonString().AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken);
        if (line is null) throw new InvalidOperationException($"{Client.Name} ended at {call.ToJsonString()}: {await _complaint}");
        var answer = JsonNode.Parse(line)!.AsObject();
        if (answer["Fault"] is { } fault) throw new InvalidOperationException($"{Client.Name} at {call.ToJsonString()}: {fault}");
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
