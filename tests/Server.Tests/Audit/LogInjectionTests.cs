using Rekey.Server.Tests.Fakes;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Audit;

/// <summary>No field that a caller controls can start a new line or colour a terminal in the audit or in the log.</summary>
public sealed class LogInjectionTests
{
    private const string Forged = "x\r\n{\"eventName\":\"Forged\"}\u001b[31m\u0085\u2028";

    private static readonly string[] s_operations = ["GetSecretValue", "DescribeSecret", "DeleteSecret", "TagResource", "UpdateSecret"];
    private static readonly string[] s_fields = ["SecretId", "VersionId", "VersionStage", "ClientRequestToken", "KmsKeyId", "NextToken"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ControlCharacters_StayInsideTheirField()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        foreach (var operation in s_operations)
        {
            foreach (var field in s_fields)
            {
                var body = new Dictionary<string, object> { ["SecretId"] = "a", ["Tags"] = new[] { new { Key = Forged } } };
                body[field] = Forged;
                (await server.CallAsync(operation, body, Cancel)).IsSuccess.ShouldBeFalse();
            }
        }

        var lines = await server.AuditLinesAsync(Cancel);
        lines.Count.ShouldBe(s_operations.Length * s_fields.Length);
        lines.ShouldAllBe(line => line.GetProperty("eventName").GetString() != "Forged");
        foreach (var entry in server.Logs.Entries) HasControls(entry.Message).ShouldBeFalse(entry.Message);
    }

    [Fact]
    public async Task UserAgent_IsCutAndClean()
    {
        await using var server = await TestServer.StartAsync(Cancel);
        using var request = server.JsonRequest("secretsmanager.GetRandomPassword", "{}"u8.ToArray());
        request.Headers.TryAddWithoutValidation("User-Agent", "\u007f\t" + new string('u', 2000));
        await TestServer.SendAsync(server.SecretsManager, request, Cancel);

        var agent = (await server.AuditLinesAsync(Cancel)).Single().GetProperty("userAgent").GetString()!;
        agent.Length.ShouldBe(Limits.AuditUserAgentCharsMax);
        HasControls(agent).ShouldBeFalse();
    }

    private static bool HasControls(string text) => text.Any(char.IsControl);
}
