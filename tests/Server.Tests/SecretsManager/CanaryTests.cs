using System.Text;
using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SecretsManager;

/// <summary>
/// Values that exist nowhere else are put through every operation that takes one, then looked for wherever they must not be.
/// </summary>
public sealed class CanaryTests
{
    private const string Canary = "canary-7f3a9c51e2";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_AreInNoFileLogOrRefusal()
    {
        var directory = Directory.CreateTempSubdirectory("rekey-test-").FullName;
        try
        {
            LogCollector logs;
            var refusals = new StringBuilder();
            await using (var server = await TestServer.StartAsync(new TestServerOptions { DataDirectory = directory }, Stop))
            {
                logs = server.Logs;
                foreach (var (operation, request) in Calls())
                {
                    var answer = await server.CallAsync(operation, request, Stop);
                    if (!operation.StartsWith("Get", StringComparison.Ordinal)) refusals.AppendLine(answer.Body);
                    else answer.Body.ShouldContain(operation == "GetRandomPassword" ? "RandomPassword" : "Secret");
                }
                (await server.AuditLinesAsync(Stop)).ShouldAllBe(line => !line.ToString().Contains(Canary));
                // The live files too, with the log that is not folded in yet.
                Search(directory);
            }
            Search(directory);
            refusals.ToString().ShouldNotContain(Canary);
            logs.Entries.ShouldNotBeEmpty();
            logs.Text.ShouldNotContain(Canary);
            logs.Text.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static IEnumerable<(string Operation, object Request)> Calls()
    {
        static string Token(int number) => $"{number:d36}";
        var binary = Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary + " binary"));
        yield return ("CreateSecret", new { Name = "text", SecretString = Canary + " created", ClientRequestToken = Token(1) });
        yield return ("CreateSecret", new { Name = "binary", SecretBinary = binary, ClientRequestToken = Token(1) });
        yield return ("PutSecretValue", new { SecretId = "text", SecretString = Canary + " put", ClientRequestToken = Token(2) });
        yield return ("UpdateSecret", new { SecretId = "text", SecretString = Canary + " updated", ClientRequestToken = Token(3) });
        yield return ("GetSecretValue", new { SecretId = "text" });
        yield return ("GetSecretValue", new { SecretId = "binary" });
        yield return ("GetSecretValue", new { SecretId = "text", VersionId = Token(1) });
        // Refusals of every kind, each with a value in the request.
        yield return ("CreateSecret", new { Name = "text", SecretString = Canary + " taken", ClientRequestToken = Token(1) });
        yield return ("CreateSecret", new { Name = "both", SecretString = Canary, SecretBinary = binary, ClientRequestToken = Token(4) });
        yield return (
            "CreateSecret", new { Name = "long", SecretString = Canary + new string('x', 65_536), ClientRequestToken = Token(4) });
        yield return ("CreateSecret", new { Name = "a b", SecretString = Canary, ClientRequestToken = Token(4) });
        yield return ("PutSecretValue", new { SecretId = "nobody", SecretString = Canary, ClientRequestToken = Token(4) });
        yield return ("PutSecretValue", new { SecretId = "text", SecretString = new[] { Canary }, ClientRequestToken = Token(4) });
        yield return ("PutSecretValue", new { SecretId = "text", SecretBinary = Canary + "!", ClientRequestToken = Token(4) });
        yield return (
            "PutSecretValue", new { SecretId = "text", RotationToken = Canary, SecretString = Canary, ClientRequestToken = Token(4) });
        yield return ("PutSecretValue",
            new { SecretId = "text", RotationToken = Canary + new string('t', 36), SecretString = Canary, ClientRequestToken = Token(4) });
        yield return ("UpdateSecret", new { SecretId = "text", SecretString = Canary + " other", ClientRequestToken = Token(2) });
        yield return ("DeleteSecret", new { SecretId = "binary", ForceDeleteWithoutRecovery = true });
    }

    private static void Search(string directory)
    {
        var paths = Directory.GetFiles(directory, "*", SearchOption.AllDirectories);
        paths.Length.ShouldBeGreaterThan(1);
        // The lock file is empty and cannot be opened while the server runs.
        foreach (var path in paths.Where(path => !path.EndsWith(".lock", StringComparison.Ordinal)))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var content = new byte[file.Length];
            file.ReadExactly(content);
            foreach (var form in new[] { Encoding.UTF8.GetBytes(Canary), Encoding.Unicode.GetBytes(Canary) })
                content.AsSpan().IndexOf(form).ShouldBe(-1, Path.GetFileName(path));
        }
    }
}
